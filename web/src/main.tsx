import { createAccount } from '@chatbot-platform/client'
import { QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { RouterProvider } from 'react-router/dom'
import { createRouter } from './app/router.tsx'
import { startTranslation } from './i18n/index.ts'
import { AccountProvider } from './lib/account.tsx'
import { createQueryClient } from './lib/query-client.ts'
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
const router = createRouter()
followTheme()
await startTranslation()

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')
createRoot(root).render(
  <StrictMode>
    <AccountProvider account={account}>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </AccountProvider>
  </StrictMode>,
)
