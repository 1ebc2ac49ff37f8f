import { type AccessToken, contract, type User } from '@chatbot-platform/contract'
import { ApiError, type Client, ConnectionError, createClient } from './http-client.ts'
import { onWakeUp, ownPage, type Page } from './page.ts'
import { type ChannelLike, openChannel } from './tab-channel.ts'

/** Who is signed in. `unknown` until the server has answered for the first time; `user` is null unless signed in. */
export interface AccountSnapshot {
  status: 'unknown' | 'signed-out' | 'signed-in'
  user: User | null
  /** The last attempt to get a token met no server; what was known stands. */
  isOffline: boolean
}

export interface AccountOptions {
  /** Address of the server, without a trailing slash; in a browser the page's own origin. */
  baseUrl: string
  fetch?: typeof globalThis.fetch
  onChange?: (snapshot: AccountSnapshot) => void
  /** Tells other tabs. Absent: a `BroadcastChannel`, where there is such a thing. */
  channel?: ChannelLike
  /** Milliseconds since 1970. */
  now?: () => number
  page?: Page
}

type TabMessage = 'signed-in' | 'signed-out'

/** What an attempt to refresh came to. */
type Refreshed = 'signed-in' | 'signed-out' | 'unreachable'

interface Held {
  token: string
  expiresAtMs: number
}

/** A token with less than this left is exchanged before it is used. */
const refreshAheadMs = 60_000
/** While nobody answers at the start: pauses between tries, unless the page wakes up before. */
const startPauseMs = 3_000

/** Holds the access token and the word of who is signed in, and keeps both up to date. */
export class AccountKeeper {
  snapshot: AccountSnapshot = { status: 'unknown', user: null, isOffline: false }
  readonly client: Client
  /** Without token; its cookie goes along. */
  readonly bare: Client
  private readonly options: AccountOptions
  private readonly now: () => number
  private readonly listeners = new Set<() => void>()
  private held: Held | null = null
  private refreshing: Promise<Refreshed> | null = null
  /** Counts sign-ins and sign-outs: an answer to what was asked before one is out of date. */
  private epoch = 0
  private channel: ChannelLike | null = null
  private unlisten: (() => void) | null = null
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(options: AccountOptions) {
    const { baseUrl, fetch = globalThis.fetch, now = Date.now } = options
    this.options = options
    this.now = now
    const withCookie: typeof fetch = (input, init) => fetch(input, { ...init, credentials: 'same-origin' })
    this.bare = createClient({ baseUrl, fetch: withCookie })
    this.client = createClient({
      baseUrl,
      fetch: withCookie,
      token: () => this.token(),
      onUnauthenticated: (refused) => this.replace(refused),
    })
  }

  async start(): Promise<void> {
    if (!this.unlisten) {
      this.unlisten = onWakeUp(this.options.page ?? ownPage, () => void this.findOut())
      this.channel = this.options.channel ?? openChannel('chatbot-account')
      this.channel?.addEventListener('message', ({ data }) => this.hear(data as TabMessage))
    }
    await this.findOut()
  }

  close(): void {
    clearTimeout(this.timer)
    this.unlisten?.()
    this.unlisten = null
    this.channel?.close()
    this.channel = null
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  bearer(): Record<string, string> {
    return this.held ? { authorization: `Bearer ${this.held.token}` } : {}
  }

  async login(email: string, password: string): Promise<void> {
    const form = { username: email, password }
    await this.adopt(await this.bare.call(contract.auth.login, { body: form }))
  }

  /** Takes a token that this browser has just been given, and tells the other tabs, which share its cookie. */
  async adopt(token: AccessToken): Promise<void> {
    const epoch = ++this.epoch
    const user = await this.me(token)
    if (epoch !== this.epoch) return
    this.hold(token)
    this.change({ status: 'signed-in', user, isOffline: false })
    this.tell('signed-in')
  }

  update(user: User): void {
    if (this.snapshot.status !== 'signed-in') return
    this.change({ ...this.snapshot, user })
    this.tell('signed-in')
  }

  signOut(): void {
    this.forget()
    this.tell('signed-out')
  }

  private async findOut(): Promise<void> {
    clearTimeout(this.timer)
    if (this.snapshot.status !== 'unknown' && !this.snapshot.isOffline) return
    const result = await this.refresh()
    if (result === 'unreachable' && this.unlisten) this.timer = setTimeout(() => void this.findOut(), startPauseMs)
  }

  /** A token to call with; undefined where nobody is signed in. Throws {@link ConnectionError} when it cannot be had. */
  private async token(): Promise<string | undefined> {
    if (this.snapshot.status === 'signed-out') return undefined
    if (this.held && this.held.expiresAtMs - this.now() >= refreshAheadMs) return this.held.token
    const result = await this.refresh()
    const { held } = this
    if (result === 'unreachable' && (held === null || held.expiresAtMs <= this.now())) throw new ConnectionError()
    return held?.token
  }

  /** Whether there is another token than the one that was refused. */
  private async replace(refused: string): Promise<boolean> {
    if (this.held && this.held.token !== refused) return true
    return (await this.refresh()) === 'signed-in'
  }

  /** One refresh at a time, however many calls wait for it. */
  private refresh(): Promise<Refreshed> {
    this.refreshing ??= this.exchange().finally(() => {
      this.refreshing = null
    })
    return this.refreshing
  }

  private async exchange(): Promise<Refreshed> {
    const { epoch } = this
    try {
      const token = await this.bare.call(contract.auth.refresh, {})
      // The cookie may have become another user's meanwhile.
      const user = await this.me(token)
      if (epoch !== this.epoch) return this.standing()
      this.hold(token)
      this.change({ status: 'signed-in', user, isOffline: false })
      return 'signed-in'
    } catch (error) {
      if (epoch !== this.epoch) return this.standing()
      if (error instanceof ApiError && [401, 403].includes(error.problem.status)) {
        this.forget()
        return 'signed-out'
      }
      this.change({ ...this.snapshot, isOffline: true })
      return 'unreachable'
    }
  }

  private me(token: AccessToken): Promise<User> {
    return this.bare.call(contract.users.me, { headers: { authorization: `Bearer ${token.access_token}` } })
  }

  private standing(): Refreshed {
    return this.held ? 'signed-in' : 'signed-out'
  }

  private hold({ access_token: token, expires_in: seconds }: AccessToken): void {
    this.held = { token, expiresAtMs: this.now() + seconds * 1000 }
  }

  private forget(): void {
    this.epoch += 1
    this.held = null
    this.change({ status: 'signed-out', user: null, isOffline: false })
  }

  private change(next: AccountSnapshot): void {
    const { status, user, isOffline } = this.snapshot
    const isSameUser = user?.id === next.user?.id && user?.email === next.user?.email
    if (status === next.status && isSameUser && isOffline === next.isOffline) return
    this.snapshot = isSameUser ? { ...next, user } : next
    this.options.onChange?.(this.snapshot)
    for (const listener of this.listeners) listener()
  }

  private tell(message: TabMessage): void {
    this.channel?.postMessage(message)
  }

  private hear(message: TabMessage): void {
    if (message === 'signed-out') {
      this.forget()
      return
    }
    this.epoch += 1
    // One under way may have asked with the cookie of before.
    void (this.refreshing ?? Promise.resolve()).then(() => this.refresh())
  }
}
