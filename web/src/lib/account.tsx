import type { Account, Client } from '@chatbot-platform/client'
import { createContext, type ReactNode, useCallback, useContext, useSyncExternalStore } from 'react'
import { forgetPerson } from './storage.ts'

const AccountContext = createContext<Account | null>(null)

export function AccountProvider({ account, children }: { account: Account; children: ReactNode }) {
  return <AccountContext value={account}>{children}</AccountContext>
}

/** The account core: sign in and out, change the password. Throws outside the provider. */
export function useAccount(): Account {
  const account = useContext(AccountContext)
  if (!account) throw new Error('useAccount needs an AccountProvider above it')
  return account
}

/** Who is signed in, as it changes. */
export function useAccountState() {
  const account = useAccount()
  return useSyncExternalStore(account.subscribe, account.getSnapshot)
}

/** Signs this browser out, with `all` every device, and leaves nothing of the person on this one. Throws what the client throws. */
export function useSignOut(): (options?: { all?: boolean }) => Promise<void> {
  const account = useAccount()
  return useCallback(
    async (options) => {
      await account.logout(options)
      forgetPerson()
    },
    [account],
  )
}

/** The typed client of the API, with the signed-in user's token. */
export function useClient(): Client {
  return useAccount().client
}
