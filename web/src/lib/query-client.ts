import { ApiError } from '@chatbot-platform/client'
import { QueryClient } from '@tanstack/react-query'

/** Server data: kept for a minute, refreshed when the window comes back; what the server refused is not asked again. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 60_000,
        retry: (count, error) => count < 2 && !(error instanceof ApiError && error.problem.status < 500),
        networkMode: 'always',
      },
      mutations: { networkMode: 'always' },
    },
  })
}
