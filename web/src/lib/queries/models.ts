import { contract } from '@chatbot-platform/contract'
import { useQuery } from '@tanstack/react-query'
import { useClient } from '../account.tsx'
import { keys } from './keys.ts'

/** The provider that needs no key and answers by itself; see the server's `llm/providers/demo.ts`. */
const demoProvider = 'demo'

/** What the configured providers offer. */
export function useModels() {
  const client = useClient()
  return useQuery({
    queryKey: keys.models,
    queryFn: () => client.call(contract.models.list, {}),
    staleTime: 300_000,
  })
}

/** Whether no real provider is configured; undefined until that is known. */
export function useIsDemo(): boolean | undefined {
  return useModels().data?.every(({ provider }) => provider === demoProvider)
}
