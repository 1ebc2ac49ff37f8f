import type { Client } from '@chatbot-platform/client'
import { contract, type Project } from '@chatbot-platform/contract'
import { useQuery } from '@tanstack/react-query'
import { useClient } from '../account.tsx'
import { keys } from './keys.ts'

/** More bots than a person can pick from; the list says when there are more. */
const maxPages = 10

/** All bots of the workspace, newest first, at most 1,000. */
export function useProjects() {
  const client = useClient()
  return useQuery({ queryKey: keys.projects, queryFn: () => readProjects(client) })
}

/** One bot of {@link useProjects}; undefined while loading, and when there is none with this id. */
export function useProject(id: string | undefined): Project | undefined {
  return useProjects().data?.find((project) => project.id === id)
}

async function readProjects(client: Client): Promise<Project[]> {
  const projects: Project[] = []
  let cursor: string | undefined
  for (let pages = 0; pages < maxPages; pages++) {
    const page = await client.page(contract.projects.list, { query: { limit: 100, cursor } })
    projects.push(...page.items)
    if (page.nextCursor === null) break
    cursor = page.nextCursor
  }
  return projects
}
