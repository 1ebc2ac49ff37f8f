import { contract, type Project, type Prompt } from '@chatbot-platform/contract'
import { type QueryClient, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useClient } from '../account.tsx'
import { keys } from './keys.ts'
import { createOnceKey } from './once-key.ts'

/** Of a prompt's text, in UTF-16 units; see `PromptInput` of the contract. */
export const promptLimit = 100_000

/** Each version comes with its whole text, up to 100,000 characters. */
const pageSize = 20

/** The versions of a bot's prompt, newest first, page by page. */
export function usePromptVersions(projectId: string) {
  const client = useClient()
  return useInfiniteQuery({
    queryKey: [...keys.prompts(projectId), 'list'],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam: cursor }) =>
      client.page(contract.prompts.list, { params: { project_id: projectId }, query: { limit: pageSize, cursor } }),
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    select: ({ pages }) => pages.flatMap(({ items }) => items),
  })
}

/** One version; disabled without an id. */
export function usePrompt(projectId: string, promptId: string | null) {
  const client = useClient()
  return useQuery({
    queryKey: [...keys.prompts(projectId), promptId],
    queryFn: () => client.call(contract.prompts.get, { params: { project_id: projectId, prompt_id: promptId ?? '' } }),
    enabled: promptId !== null,
  })
}

/** Adds a version, active from now on or as a draft. */
export function useCreatePrompt(projectId: string) {
  const client = useClient()
  const queries = useQueryClient()
  const [key] = useState(createOnceKey)
  return useMutation({
    mutationFn: (body: { content: string; activate: boolean }) =>
      client.call(contract.prompts.create, { params: { project_id: projectId }, body, headers: key.headers(body) }),
    onSuccess: (prompt) => {
      key.renew()
      putPrompt(queries, prompt)
    },
  })
}

/** Makes a version the active one. */
export function useActivatePrompt(projectId: string) {
  const client = useClient()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (promptId: string) =>
      client.call(contract.prompts.activate, { params: { project_id: projectId, prompt_id: promptId } }),
    onSuccess: (prompt) => putPrompt(queries, prompt),
  })
}

function putPrompt(queries: QueryClient, prompt: Prompt): void {
  const { id, project_id: projectId, active } = prompt
  queries.setQueryData([...keys.prompts(projectId), id], prompt)
  if (active)
    queries.setQueryData<Project[]>(keys.projects, (known) =>
      known?.map((project) => (project.id === projectId ? { ...project, active_prompt_id: id } : project)),
    )
  void queries.invalidateQueries({ queryKey: keys.prompts(projectId) })
}
