import { contract } from '@chatbot-platform/contract'
import { AccountKeeper, type AccountOptions, type AccountSnapshot } from './account-keeper.ts'
import type { Client } from './http-client.ts'

/** The sign-in of a browser. All functions may be passed on without their object; those that ask the server throw what the client throws. */
export interface Account {
  /** Calls with it carry a token that is good, and are made again once when the server has stopped taking it. */
  client: Client
  /** The same object until something has changed. */
  getSnapshot(): AccountSnapshot
  subscribe(listener: () => void): () => void
  /** Finds out who is signed in; resolves with the first word about it. Goes on trying while nobody answers. */
  start(): Promise<void>
  close(): void
  /** Registers and signs in. */
  register(email: string, password: string): Promise<void>
  login(email: string, password: string): Promise<void>
  /** Signs out this browser, with `all` every device. */
  logout(options?: { all?: boolean }): Promise<void>
  /** Every other device is signed out by it. */
  changePassword(currentPassword: string, newPassword: string): Promise<void>
  updateEmail(email: string, currentPassword: string): Promise<void>
  /** Deletes the account with all that belongs to it. */
  remove(): Promise<void>
}

/** Signs a browser in: the access token stays in memory, the refresh token in a cookie that no script can read. */
export function createAccount(options: AccountOptions): Account {
  const keeper = new AccountKeeper(options)
  const { client } = keeper
  return {
    client,
    getSnapshot: () => keeper.snapshot,
    subscribe: (listener) => keeper.subscribe(listener),
    start: () => keeper.start(),
    close: () => keeper.close(),
    async register(email, password) {
      await keeper.bare.call(contract.auth.register, { body: { email, password } })
      await keeper.login(email, password)
    },
    login: (email, password) => keeper.login(email, password),
    async logout({ all = false } = {}) {
      await keeper.bare.call(contract.auth.logout, { query: all ? { all: 'true' } : {}, headers: keeper.bearer() })
      keeper.signOut()
    },
    async changePassword(currentPassword, newPassword) {
      const body = { current_password: currentPassword, new_password: newPassword }
      await keeper.adopt(await client.call(contract.auth.password, { body }))
    },
    async updateEmail(email, currentPassword) {
      keeper.update(await client.call(contract.users.update, { body: { email, current_password: currentPassword } }))
    },
    async remove() {
      await client.call(contract.users.remove, {})
      keeper.signOut()
    },
  }
}
