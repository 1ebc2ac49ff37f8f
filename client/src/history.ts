import { type ChatTurn, type ChatSession as Conversation, contract, type Message } from '@chatbot-platform/contract'
import type { ChatState } from './chat-state.ts'
import { ApiError, type Client, type ListPage } from './http-client.ts'
import {
  emptyWindow,
  isUnderWay,
  type MessageWindow,
  windowOf,
  withMessage,
  withNewer,
  withOlder,
  withPath,
  withTurn,
} from './message-window.ts'

const pageSize = 50
/** Of how many answers the end is remembered, for pages that were read before it and come after it. */
const rememberedEnds = 20

/** The messages that a chat shows: which part of which path, and how to get more. Calls throw what the client throws. */
export class History {
  private readonly client: Client
  private readonly state: ChatState
  private window: MessageWindow = emptyWindow
  /** Counts what replaces the window, so that answers that come too late are dropped. */
  private generation = 0
  /** The window began at a message that is not known to be on the session's own path. */
  private isElsewhere = false
  /** Answers that have ended here, also ones that no page has shown yet. */
  private readonly ended = new Map<string, Message>()

  constructor(client: Client, state: ChatState) {
    this.client = client
    this.state = state
  }

  /** Loads a session with its newest messages, or with those around one; around one that is gone, the newest. */
  async load(sessionId: string, around: string | null): Promise<void> {
    const generation = ++this.generation
    const [session, page] = await Promise.all([this.getSession(sessionId), this.fetchFirst(sessionId, around)])
    if (generation !== this.generation) return
    this.isElsewhere = around !== null
    this.state.batch(() => {
      this.state.set({ session })
      this.show(windowOf(page, this.window, this.liveId))
    })
  }

  getSession(sessionId: string): Promise<Conversation> {
    return this.client.call(contract.sessions.get, { params: { session_id: sessionId } })
  }

  /** Takes in what others have changed, unless the window is far from the newest messages. */
  async refresh(): Promise<void> {
    const { session } = this.state.current
    if (!session || this.window.newer !== null) return
    const { generation } = this
    const page = await this.fetch(session.id, {})
    if (generation !== this.generation) return
    if (this.isElsewhere && !page.items.some(({ id }) => id === this.newest?.id)) return
    this.isElsewhere = false
    this.show(withPath(this.window, page, this.liveId))
  }

  async loadOlder(): Promise<void> {
    await this.loadBeyond('older', this.window.older, withOlder)
  }

  async loadNewer(): Promise<void> {
    await this.loadBeyond('newer', this.window.newer, withNewer)
  }

  async showNewest(): Promise<void> {
    const { session } = this.state.current
    if (!session) return
    const generation = ++this.generation
    const page = await this.fetch(session.id, {})
    if (generation !== this.generation) return
    this.isElsewhere = false
    this.show(withPath(this.window.newer === null ? this.window : emptyWindow, page, this.liveId))
  }

  /** Makes the path through a message the session's, and shows it from there. */
  async select(messageId: string, key: string): Promise<void> {
    const { session } = this.state.current
    if (!session) return
    const generation = ++this.generation
    await this.postSelect(messageId, key)
    const page = await this.fetch(session.id, { around: messageId })
    if (generation !== this.generation) return
    this.isElsewhere = false
    this.show(withPath(this.window, page, this.liveId, messageId))
  }

  /** Before a message is sent: it goes on from what is shown, also where that is the end of another path. */
  async settlePath(key: string, signal: AbortSignal): Promise<void> {
    const last = this.window.messages.at(-1)
    if (!this.isElsewhere || this.window.newer !== null || !last) return
    await this.postSelect(last.id, key, signal)
    this.isElsewhere = false
  }

  /** Shows a turn that was accepted; returns false where it does not follow anything that is shown. */
  place(turn: ChatTurn): boolean {
    const next = withTurn(this.window, turn)
    if (!next) return false
    this.generation += 1
    this.isElsewhere = false
    this.show(next)
    return true
  }

  replace(message: Message): void {
    if (!isUnderWay(message)) this.rememberEnd(message)
    const next = withMessage(this.window, message)
    if (next !== this.window) this.show(next)
  }

  find(messageId: string): Message | undefined {
    return this.window.messages.findLast(({ id }) => id === messageId)
  }

  /** The newest message, where it is shown. */
  get newest(): Message | undefined {
    return this.window.newer === null ? this.window.messages.at(-1) : undefined
  }

  /** The newest answer, if it is still being written. */
  get underWay(): Message | undefined {
    return this.newest && isUnderWay(this.newest) ? this.newest : undefined
  }

  private get liveId(): string | null {
    return this.state.current.run?.messageId ?? null
  }

  private async loadBeyond(
    end: 'older' | 'newer',
    cursor: string | null,
    extend: (window: MessageWindow, page: ListPage<Message>) => MessageWindow,
  ): Promise<void> {
    const { session, loading } = this.state.current
    if (!session || cursor === null || loading !== null) return
    this.state.set({ loading: end })
    const { generation } = this
    try {
      const page = await this.fetch(session.id, { cursor })
      if (generation === this.generation) this.show(extend(this.window, page))
    } finally {
      this.state.set({ loading: null })
    }
  }

  private async fetchFirst(sessionId: string, around: string | null): Promise<ListPage<Message>> {
    if (around === null) return this.fetch(sessionId, {})
    try {
      return await this.fetch(sessionId, { around })
    } catch (error) {
      if (error instanceof ApiError && error.problem.code === 'not_found') return this.fetch(sessionId, {})
      throw error
    }
  }

  private fetch(sessionId: string, place: { around?: string; cursor?: string }): Promise<ListPage<Message>> {
    const query = { order: 'desc' as const, limit: pageSize, ...place }
    return this.client.page(contract.sessions.messages, { params: { session_id: sessionId }, query })
  }

  private async postSelect(messageId: string, key: string, signal?: AbortSignal): Promise<void> {
    const headers = { 'idempotency-key': key }
    const options = signal ? { headers, signal } : { headers }
    await this.client.call(contract.chat.select, { params: { message_id: messageId }, ...options })
  }

  private rememberEnd(message: Message): void {
    this.ended.set(message.id, message)
    const [oldest] = this.ended.keys()
    if (this.ended.size > rememberedEnds && oldest !== undefined) this.ended.delete(oldest)
  }

  /** What has ended never goes back to being under way, however late a page comes that says so. */
  private withEnds(window: MessageWindow): MessageWindow {
    const late = window.messages.filter((message) => isUnderWay(message) && this.ended.has(message.id))
    return late.reduce((next, { id }) => withMessage(next, this.ended.get(id) as Message), window)
  }

  private show(shown: MessageWindow): void {
    const window = this.withEnds(shown)
    this.window = window
    const { messages, older, newer } = window
    const { current } = this.state
    const [hasOlder, hasNewer] = [older !== null, newer !== null]
    if (messages === current.messages && hasOlder === current.hasOlder && hasNewer === current.hasNewer) return
    this.state.set({ messages, hasOlder, hasNewer })
  }
}
