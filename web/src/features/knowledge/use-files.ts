import { ApiError } from '@chatbot-platform/client'
import { contract, type FileState, type KnowledgeFile } from '@chatbot-platform/contract'
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useClient } from '../../lib/account.tsx'
import { saveAnswer } from '../../lib/download.ts'
import { keys } from '../../lib/queries/keys.ts'

const pageSize = 50
/** How soon to look again while documents are being read, in ms for each page of the list. */
const lookAgainMs = 1500

const stillRead = new Set<FileState>(['queued', 'reading', 'embedding'])

export function isBeingRead({ state }: Pick<KnowledgeFile, 'state'>): boolean {
  return stillRead.has(state)
}

/** The documents of a bot, newest first, page by page; read again while one of them is being read and the page is in view. */
export function useFiles(projectId: string, state: FileState | undefined) {
  const client = useClient()
  return useInfiniteQuery({
    queryKey: [...keys.knowledge(projectId), 'files', state ?? null],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam: cursor, signal }) => {
      const query = { limit: pageSize, cursor, state }
      return client.page(contract.files.list, { params: { project_id: projectId }, query, signal })
    },
    getNextPageParam: ({ nextCursor }) => nextCursor,
    select: ({ pages }) => pages.flatMap(({ items }) => items),
    staleTime: 0,
    refetchInterval: ({ state: { data } }) =>
      data?.pages.some(({ items }) => items.some(isBeingRead)) ? lookAgainMs * data.pages.length : false,
  })
}

/** One document, followed while it is being read. */
export function useFile(projectId: string, fileId: string) {
  const client = useClient()
  return useQuery({
    queryKey: [...keys.knowledge(projectId), 'file', fileId],
    queryFn: ({ signal }) =>
      client.call(contract.files.get, { params: { project_id: projectId, file_id: fileId }, signal }),
    staleTime: 0,
    refetchInterval: ({ state: { data } }) => (data && isBeingRead(data) ? lookAgainMs : false),
  })
}

/** What can be done to a document. */
export function useFileChanges(projectId: string) {
  const client = useClient()
  const queries = useQueryClient()
  const paramsOf = ({ id }: KnowledgeFile) => ({ project_id: projectId, file_id: id })
  const refresh = () => queries.invalidateQueries({ queryKey: keys.knowledge(projectId) })
  return {
    /** Reads it again from the stored file. */
    reindex: useMutation({
      mutationFn: (file: KnowledgeFile) => client.call(contract.files.reindex, { params: paramsOf(file) }),
      onSettled: refresh,
    }),
    /** One that somebody else has deleted is as gone as it should be. */
    remove: useMutation({
      mutationFn: (file: KnowledgeFile) =>
        client.call(contract.files.remove, { params: paramsOf(file) }).catch((error: unknown) => {
          if (!(error instanceof ApiError && error.problem.code === 'not_found')) throw error
        }),
      onSuccess: refresh,
    }),
    download: useMutation({
      mutationFn: async (file: KnowledgeFile) =>
        saveAnswer(await client.send(contract.files.content, { params: paramsOf(file) }), file.name),
    }),
  }
}
