import { createAccount } from '@chatbot-platform/client'
import { QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { CurrentPage } from './app/current-page.tsx'
import { createAppRouter } from './app/router.tsx'
import { startTranslation } from './i18n/index.ts'
import { AccountProvider } from './lib/account.tsx'
import { createQueryClient } from './lib/query-client.ts'
import { RouterProvider } from './lib/router/use-router.tsx'
import { followTheme } from './lib/theme.ts'
import './styles.css'

const queryClient = createQueryClient()
const account = createAccount({ baseUrl: location.origin })

// What one person has read is never shown to the next.
let userId: string | undefined
account.subscribe(() => {
  const nextId = account.getSnapshot().user?.id
  if (userId !== undefined && nextId !== userId) queryClient.clear()
  userId = nextId
})

// At the same time: who is signed in, the page's code, its texts.
void account.start()
const router = createAppRouter()
followTheme()
await startTranslation()

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')
createRoot(root).render(
  <StrictMode>
    <AccountProvider account={account}>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router}>
          <CurrentPage />
        </RouterProvider>
      </QueryClientProvider>
    </AccountProvider>
  </StrictMode>,
)
