import { ApiError } from '@chatbot-platform/client'
import { contract, type Project, type ProjectPatch } from '@chatbot-platform/contract'
import { type QueryClient, useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useClient } from '../account.tsx'
import { botMaker, copyBot } from './create-bot.ts'
import { keys } from './keys.ts'

/** Makes a bot with its prompt; see {@link botMaker}. */
export function useCreateBot() {
  const client = useClient()
  const queries = useQueryClient()
  const [make] = useState(() => botMaker(client))
  return useMutation({ mutationFn: make, onSuccess: (project) => putProject(queries, project) })
}

/** Makes a copy of a bot under another name. */
export function useCopyBot() {
  const client = useClient()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ source, name }: { source: Project; name: string }) => copyBot(client, source, name),
    onSuccess: (project) => putProject(queries, project),
  })
}

/** Changes the given fields of a bot. */
export function useUpdateProject(projectId: string) {
  const client = useClient()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (patch: ProjectPatch) =>
      client.call(contract.projects.update, { params: { project_id: projectId }, body: patch }),
    onSuccess: (project) => putProject(queries, project),
  })
}

/** Deletes a bot with all that belongs to it; one that is gone already counts as deleted. */
export function useRemoveProject() {
  const client = useClient()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ id }: Project) =>
      client.call(contract.projects.remove, { params: { project_id: id } }).catch((error: unknown) => {
        if (!(error instanceof ApiError && error.problem.code === 'not_found')) throw error
      }),
    onSuccess: (_, { id }) => {
      queries.setQueryData<Project[]>(keys.projects, (known) => known?.filter((project) => project.id !== id))
      queries.removeQueries({ queryKey: keys.prompts(id) })
      queries.removeQueries({ queryKey: keys.knowledge(id) })
      queries.removeQueries({ queryKey: keys.sessions(id) })
      void queries.invalidateQueries({ queryKey: keys.search })
    },
  })
}

/** Shows a new or changed bot at once, and asks the server how the list stands now. */
function putProject(queries: QueryClient, project: Project): void {
  queries.setQueryData<Project[]>(keys.projects, (known) =>
    known?.some(({ id }) => id === project.id)
      ? known.map((other) => (other.id === project.id ? project : other))
      : known && [project, ...known],
  )
  void queries.invalidateQueries({ queryKey: keys.projects })
}
