import { ApiError } from '@chatbot-platform/client'
import { contract, type Source, type SourceInput } from '@chatbot-platform/contract'
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { useClient } from '../../lib/account.tsx'
import { keys } from '../../lib/queries/keys.ts'

/** How soon to look again while a source is being read, in ms. */
const lookAgainMs = 2000

export function isCrawled({ state }: Source): boolean {
  return state === 'queued' || state === 'crawling'
}

/** The web sources of a bot, newest first; followed while one of them is being read and the page is in view. */
export function useSources(projectId: string) {
  const client = useClient()
  return useInfiniteQuery({
    queryKey: [...keys.knowledge(projectId), 'sources'],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam: cursor, signal }) =>
      client.page(contract.sources.list, { params: { project_id: projectId }, query: { limit: 50, cursor }, signal }),
    getNextPageParam: ({ nextCursor }) => nextCursor,
    select: ({ pages }) => pages.flatMap(({ items }) => items),
    staleTime: 0,
    refetchInterval: ({ state: { data } }) =>
      data?.pages.some(({ items }) => items.some(isCrawled)) ? lookAgainMs : false,
  })
}

/** What can be done with web sources. */
export function useSourceChanges(projectId: string) {
  const client = useClient()
  const queries = useQueryClient()
  const paramsOf = ({ id }: Source) => ({ project_id: projectId, source_id: id })
  const onSuccess = () => queries.invalidateQueries({ queryKey: keys.knowledge(projectId) })
  return {
    create: useMutation({
      mutationFn: (body: SourceInput) =>
        client.call(contract.sources.create, { params: { project_id: projectId }, body }),
      onSuccess,
    }),
    update: useMutation({
      mutationFn: ({ source, refreshHours }: { source: Source; refreshHours: number | null }) =>
        client.call(contract.sources.update, { params: paramsOf(source), body: { refresh_hours: refreshHours } }),
      onSuccess,
    }),
    /** Reads it now, whatever its interval. */
    crawl: useMutation({
      mutationFn: (source: Source) => client.call(contract.sources.crawl, { params: paramsOf(source) }),
      onSuccess,
    }),
    /** One that somebody else has deleted is as gone as it should be. */
    remove: useMutation({
      mutationFn: (source: Source) =>
        client.call(contract.sources.remove, { params: paramsOf(source) }).catch((error: unknown) => {
          if (!(error instanceof ApiError && error.problem.code === 'not_found')) throw error
        }),
      onSuccess,
    }),
  }
}
