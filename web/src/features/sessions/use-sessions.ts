import type { Client } from '@chatbot-platform/client'
import { type ChatSession, contract } from '@chatbot-platform/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useClient } from '../../lib/account.tsx'
import { keys } from '../../lib/queries/keys.ts'
import { extended, refreshed, type SessionLists } from '../../lib/queries/session-lists.ts'

const pageSize = 50
/** As many as the API gives at once. */
const largestPage = 100
/** More pinned conversations than anybody looks through are cut off. */
const maxPinnedPages = 10
/** How often other devices' conversations are looked for while the page is seen, in ms. */
const pollMs = 30_000

/** The conversations of a bot, fresh at their beginning, and the way to load more of them. */
export function useSessions(projectId: string) {
  const client = useClient()
  const queryClient = useQueryClient()
  const queryKey = keys.sessionLists(projectId)
  const known = () => queryClient.getQueryData<SessionLists>(queryKey)
  const params = { project_id: projectId }
  const lists = useQuery({
    queryKey,
    async queryFn({ signal }) {
      const limit = Math.min(Math.max(known()?.recent.length ?? 0, pageSize), largestPage)
      const [pinned, fresh] = await Promise.all([
        readPinned(client, projectId, signal),
        client.page(contract.sessions.list, { params, query: { pinned: 'false', limit }, signal }),
      ])
      return refreshed(known(), pinned, fresh)
    },
    staleTime: 5000,
    refetchInterval: pollMs,
  })
  const more = useMutation({
    mutationFn: (cursor: string) =>
      client.page(contract.sessions.list, { params, query: { pinned: 'false', limit: pageSize, cursor } }),
    onSuccess: (page, cursor) =>
      queryClient.setQueryData<SessionLists>(queryKey, (now) =>
        now?.nextCursor === cursor ? extended(now, page) : now,
      ),
  })
  return { lists, more }
}

async function readPinned(client: Client, projectId: string, signal: AbortSignal): Promise<ChatSession[]> {
  const pinned: ChatSession[] = []
  let cursor: string | undefined
  for (let pages = 0; pages < maxPinnedPages; pages++) {
    const query = { pinned: 'true', limit: largestPage, cursor }
    const page = await client.page(contract.sessions.list, { params: { project_id: projectId }, query, signal })
    pinned.push(...page.items)
    if (page.nextCursor === null) break
    cursor = page.nextCursor
  }
  return pinned
}
