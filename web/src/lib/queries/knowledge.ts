import { contract } from '@chatbot-platform/contract'
import { useQuery } from '@tanstack/react-query'
import { useClient } from '../account.tsx'
import { keys } from './keys.ts'

/** How soon to look again while documents are being read, in ms. */
const lookAgainMs = 2000

/** What a bot knows and what it may hold; followed while documents are being read and the page is in view. */
export function useKnowledgeSummary(projectId: string) {
  const client = useClient()
  return useQuery({
    queryKey: [...keys.knowledge(projectId), 'summary'],
    queryFn: ({ signal }) => client.call(contract.files.summary, { params: { project_id: projectId }, signal }),
    refetchInterval: ({ state }) => (state.data?.files.under_way ? lookAgainMs : false),
  })
}
