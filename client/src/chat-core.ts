import type { Attachment, ChatTurn } from '@chatbot-platform/contract'
import { problemFrom } from './chat-problem.ts'
import { ChatState } from './chat-state.ts'
import { type ChatTiming, defaultTiming } from './event-line.ts'
import { History } from './history.ts'
import type { Client } from './http-client.ts'
import { LiveText } from './live-text.ts'
import { type KeyValueStorage, Outbox, outboxPlace, queued, wish } from './outbox.ts'
import { onWakeUp, ownPage, type Page, type WakeUp } from './page.ts'
import { type ChannelLike, openChannel } from './tab-channel.ts'
import { Turns } from './turns.ts'

export interface ChatSessionOptions {
  client: Client
  projectId: string
  /** Absent: a new conversation, whose session begins with its first message. */
  sessionId?: string
  /** A message to open at; absent: the newest. */
  around?: string
  /** Another prompt version of the project, to try a draft. */
  promptId?: string
  /** Where unsent text outlives a reload, e.g. `localStorage`; absent: nowhere. */
  storage?: KeyValueStorage
  /** Tells other tabs; closed with the session. Absent: a `BroadcastChannel` of the session, where there is such a thing. */
  channel?: ChannelLike
  /** Milliseconds since 1970. */
  now?: () => number
  /** The window, or what stands for it. */
  page?: Page
  timing?: Partial<ChatTiming>
}

type TabMessage =
  | { type: 'run'; messageId: string; state: 'started' | 'ended' | 'unwanted' }
  | { type: 'path' }
  /** The queue that tabs share through the storage. */
  | { type: 'queue' }

/** What a chat does beyond its single turns: loads, starts again, hears of other tabs, and wakes up. */
export class ChatCore {
  readonly client: Client
  readonly state = new ChatState()
  readonly history: History
  readonly live: LiveText
  readonly outbox: Outbox
  readonly turns: Turns
  private readonly options: ChatSessionOptions
  private readonly now: () => number
  private readonly page: Page
  private readonly timing: ChatTiming
  private sessionId: string | null
  private channel: ChannelLike | null = null
  private unlisten: (() => void) | null = null
  /** Counts starts and ends, so that what belongs to an earlier one is dropped. */
  private visit = 0
  private isResumed = false

  constructor(options: ChatSessionOptions) {
    const { client, projectId, sessionId = null, storage = null, now = Date.now, page = ownPage } = options
    this.options = options
    this.client = client
    this.now = now
    this.page = page
    this.timing = { ...defaultTiming, ...options.timing }
    this.sessionId = sessionId
    this.live = new LiveText(page)
    this.history = new History(client, this.state)
    this.outbox = new Outbox(storage, outboxPlace(projectId, sessionId), () => this.showQueue(true))
    this.turns = new Turns({
      ...{ client, projectId, page, now, timing: this.timing },
      ...{ state: this.state, history: this.history, live: this.live, outbox: this.outbox },
      accepted: (turn) => this.accepted(turn),
      tell: (messageId, state) => this.told(messageId, state),
    })
    this.showQueue(false)
  }

  start(): void {
    if (this.unlisten) return
    this.visit += 1
    this.isResumed = false
    this.unlisten = onWakeUp(this.page, (wakeUp) => this.wakeUp(wakeUp))
    this.openTabs()
    void this.load()
  }

  close(): void {
    this.visit += 1
    this.unlisten?.()
    this.unlisten = null
    this.turns.close()
    this.channel?.close()
    this.channel = null
  }

  /** Loads what is shown; the first time after a start also goes on with what was left. */
  async load(): Promise<void> {
    const { state, history, sessionId, visit } = this
    const { around = null } = this.options
    if (state.current.status === 'failed') state.set({ status: 'loading', problem: null })
    try {
      if (sessionId !== null) await history.load(sessionId, around)
      if (around !== null) await history.refresh()
    } catch (error) {
      if (visit !== this.visit) return
      const problem = problemFrom(error)
      if (state.current.status !== 'ready') state.set({ status: 'failed', problem })
      else state.fail(problem, { again: () => void this.load() })
      return
    }
    if (visit !== this.visit) return
    state.set({ status: 'ready', problem: null })
    if (this.isResumed) this.attachNewest()
    else this.resume()
  }

  send(text: string, attachments: readonly Attachment[]): void {
    if (text.trim() === '' && attachments.length === 0) return
    const { state, outbox, turns } = this
    const { status, failure } = state.current
    const images = attachments.length === 0 ? {} : { attachments }
    const entry = wish('send', { text, ...images, promptId: this.options.promptId ?? null, at: this.now() })
    const waits = turns.isBusy || status !== 'ready'
    // What could not be sent comes first.
    const comesSecond = !waits && failure?.retry === true && failure.text !== undefined && outbox.holdsMessage
    if (waits || comesSecond) outbox.put(entry)
    else turns.begin(entry)
    if (comesSecond) state.retry()
  }

  ask(
    kind: 'regenerate' | 'edit' | 'continue',
    fields: { messageId: string; text?: string; attachments?: readonly Attachment[] },
  ): void {
    this.turns.begin(wish(kind, { ...fields, promptId: this.options.promptId ?? null, at: this.now() }))
  }

  async select(messageId: string, key: string): Promise<void> {
    try {
      await this.history.select(messageId, key)
    } catch (error) {
      this.state.fail(problemFrom(error), { again: () => void this.select(messageId, key) })
      return
    }
    this.tell({ type: 'path' })
    this.attachNewest()
  }

  async attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action()
    } catch (error) {
      this.state.fail(problemFrom(error), { again: () => void this.attempt(action) })
      return
    }
    this.attachNewest()
  }

  /** A message that was never acknowledged is sent again; else the answer under way is joined, or the queue goes on. */
  private resume(): void {
    const { turns, outbox, history } = this
    this.isResumed = true
    const unsent = outbox.recover(this.now())
    if (unsent) turns.begin(unsent)
    else this.attachNewest()
    const { newest } = history
    if (newest ? newest.state === 'complete' : this.sessionId === null) turns.next({ onlyFresh: true })
  }

  private attachNewest(): void {
    const { underWay } = this.history
    if (underWay && this.unlisten) this.turns.attach(underWay)
  }

  /** Looks quietly whether something has happened elsewhere. */
  private async lookAgain(): Promise<void> {
    if (this.state.current.status === 'failed') return this.load()
    // The next occasion comes; meanwhile what is shown stays as it is.
    await this.history.refresh().catch(() => undefined)
    this.attachNewest()
  }

  private wakeUp(wakeUp: WakeUp): void {
    if (wakeUp.why === 'online' || wakeUp.hiddenMs > this.timing.awayMs) void this.lookAgain()
    else if (this.state.current.problem?.code === 'offline') void this.load()
  }

  private accepted({ session_id: id, message }: ChatTurn): void {
    if (this.state.current.session) return
    this.sessionId = id
    this.outbox.moveTo(outboxPlace(this.options.projectId, id))
    const { timestamp } = message
    const times = { created_at: timestamp, updated_at: timestamp }
    this.state.set({ session: { id, project_id: this.options.projectId, title: null, pinned: false, ...times } })
    this.openTabs()
    void this.readTitle(id)
  }

  /** The title of a new conversation is the server's to make; where it does not come now, it does after the answer. */
  private async readTitle(sessionId: string): Promise<void> {
    const session = await this.history.getSession(sessionId).catch(() => null)
    if (session) this.state.set({ session })
  }

  private told(messageId: string, state: 'started' | 'ended' | 'unwanted'): void {
    this.tell({ type: 'run', messageId, state })
    const { session } = this.state.current
    if (state === 'ended' && session?.title === null) void this.readTitle(session.id)
  }

  private openTabs(): void {
    if (this.channel || this.sessionId === null) return
    this.channel = this.options.channel ?? openChannel(`chatbot-session:${this.sessionId}`)
    this.channel?.addEventListener('message', ({ data }) => this.hear(data as TabMessage))
  }

  private tell(message: TabMessage): void {
    this.channel?.postMessage(message)
  }

  private hear(message: TabMessage): void {
    if (!this.unlisten) return
    if (message.type === 'queue') this.showQueue(false)
    else if (message.type === 'run' && message.state === 'unwanted') this.turns.heardUnwanted(message.messageId)
    else if (message.type !== 'run' || message.messageId !== this.state.current.run?.messageId) void this.lookAgain()
  }

  private showQueue(isOwnChange: boolean): void {
    const queue = this.outbox.queue.map(queued)
    if (JSON.stringify(queue) === JSON.stringify(this.state.current.queue)) return
    this.state.set({ queue })
    if (isOwnChange) this.tell({ type: 'queue' })
  }
}
