import { contract } from '@chatbot-platform/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useClient } from '../../lib/account.tsx'
import { keys } from '../../lib/queries/keys.ts'

interface PassagesWanted {
  projectId: string
  fileId: string
  /** The passage to begin a little before, from 0; null for the beginning of the document. */
  around: number | null
  pageSize: number
}

/** The text of a document, passage by passage, in both directions. */
export function usePassages({ projectId, fileId, around, pageSize }: PassagesWanted) {
  const client = useClient()
  return useInfiniteQuery({
    queryKey: [...keys.knowledge(projectId), 'passages', fileId, around, pageSize],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam: cursor, signal }) => {
      const start = around === null ? {} : { around }
      const query = { limit: pageSize, ...(cursor === null ? start : { cursor }) }
      return client.page(contract.files.passages, { params: { project_id: projectId, file_id: fileId }, query, signal })
    },
    getNextPageParam: ({ nextCursor }) => nextCursor,
    getPreviousPageParam: ({ prevCursor }) => prevCursor,
    select: ({ pages }) => pages.flatMap(({ items }) => items),
    staleTime: 0,
  })
}
