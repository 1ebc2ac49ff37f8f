import type { ChatTurn, Message } from '@chatbot-platform/contract'
import { mayPass, problemFrom } from './chat-problem.ts'
import type { ChatRun, ChatState } from './chat-state.ts'
import type { ChatTiming, LineContext } from './event-line.ts'
import type { History } from './history.ts'
import { type Client, ConnectionError } from './http-client.ts'
import type { LiveText } from './live-text.ts'
import { type Outbox, type OutboxEntry, wish } from './outbox.ts'
import type { Page } from './page.ts'
import { followRun, type TerminalEvent } from './run-follower.ts'
import { cancelAnswer, showAttached, showProgress } from './run-progress.ts'
import { type AcceptedTurn, askTurn } from './turn-request.ts'

export interface TurnsDeps {
  client: Client
  projectId: string
  page: Page
  timing: ChatTiming
  now: () => number
  state: ChatState
  history: History
  live: LiveText
  outbox: Outbox
  /** A turn was accepted, by which a new conversation gets its session. */
  accepted(turn: ChatTurn): void
  /** A run that other tabs may want to follow, or have followed, or that somebody here has had enough of. */
  tell(messageId: string, state: 'started' | 'ended' | 'unwanted'): void
}

/** One run: from the wish to its end, or attached to on its way. */
interface Task {
  controller: AbortController
  /** What was asked for; null where somebody else did. */
  entry: OutboxEntry | null
  messageId: string | null
  wantsStop: boolean
  /** Somebody has had enough of it, here or in another tab, whether or not it could be stopped. */
  isUnwanted: boolean
  /** What is to be done where the server does not carry an answer on by itself. */
  declined: () => void
}

/** The one run of a chat: asks for turns, follows answers, and goes on with the queue. */
export class Turns {
  private readonly deps: TurnsDeps
  private task: Task | null = null

  constructor(deps: TurnsDeps) {
    this.deps = deps
  }

  get isBusy(): boolean {
    return this.task !== null
  }

  /** Asks for a turn. While another is under way a message joins the queue, anything else is refused. */
  begin(wanted: OutboxEntry, { declined = nothing }: { declined?: () => void } = {}): void {
    const { outbox, state } = this.deps
    if (this.task) {
      if (wanted.kind === 'send') outbox.put({ ...wanted, isSent: false })
      else this.refuseBusy(wanted, this.task)
      return
    }
    // Once it was sent somewhere, the same key must go to the same place.
    const sessionId = wanted.isSent ? wanted.sessionId : (state.current.session?.id ?? null)
    const entry = { ...wanted, sessionId, isSent: true }
    state.batch(() => {
      state.dismiss()
      outbox.put(entry)
      const task = this.open({ entry, question: entry.text, phase: 'sending' })
      void this.ask(Object.assign(task, { declined }), entry)
    })
  }

  /** Follows an answer that is under way. */
  attach({ id, content }: Pick<Message, 'id' | 'content'>): void {
    if (this.task) return
    const { live } = this.deps
    const phase = content === '' ? 'waiting' : 'streaming'
    const task = this.open({ entry: null, question: null, phase, messageId: id })
    live.begin(id, content)
    void this.follow(task, id).catch((error: unknown) => this.lost(task, id, error))
  }

  /** Sends the next of the queue. */
  next({ onlyFresh = false } = {}): void {
    const { now, outbox } = this.deps
    const entry = this.task ? undefined : outbox.next({ now: now(), onlyFresh })
    if (entry) this.begin(entry)
  }

  /** Stops the answer under way; a message that was not accepted yet is stopped once it is, or not sent again. */
  async stop(): Promise<void> {
    const { task } = this
    if (!task) return
    const isUnanswered = this.deps.state.current.run?.phase === 'reconnecting'
    task.wantsStop = true
    task.isUnwanted = true
    this.deps.state.setRun({ phase: 'stopping' })
    if (task.messageId !== null) await this.cancel(task, task.messageId)
    else if (isUnanswered) this.giveUp(task)
  }

  /** Another tab wants no more of this answer. */
  heardUnwanted(messageId: string): void {
    if (this.task?.messageId === messageId) this.task.isUnwanted = true
  }

  /** Leaves; the answer goes on at the server, and what was not accepted is in the outbox. */
  close(): void {
    this.release(this.task)
  }

  private open(run: { entry: OutboxEntry | null; messageId?: string } & Pick<ChatRun, 'question' | 'phase'>): Task {
    const { entry, question, phase, messageId = null } = run
    const controller = new AbortController()
    const task: Task = { controller, entry, messageId, wantsStop: false, isUnwanted: false, declined: nothing }
    this.task = task
    const startedAt = this.deps.now()
    const waits = { ahead: null, retryAt: null, firstTokenAt: null, citations: [] }
    const images = entry?.attachments ? { attachments: entry.attachments } : {}
    this.deps.state.set({ run: { messageId, question, ...images, phase, startedAt, ...waits } })
    return task
  }

  private async ask(task: Task, entry: OutboxEntry): Promise<void> {
    const { history, projectId } = this.deps
    const line = this.lineOf(task)
    try {
      if (entry.kind === 'send') await history.settlePath(entry.key, line.signal)
      const { turn, events } = await askTurn(line, entry, { projectId, broken: () => this.broken(task) })
      if (this.task !== task) {
        await events.return(undefined)
        return
      }
      this.accept(task, entry, turn)
      await this.follow(task, turn.assistant_message.id, events)
    } catch (error) {
      if (entry.isAutomatic && problemFrom(error).code === 'conflict') await this.declined(task, entry)
      else if (task.messageId === null) this.refused(task, entry, error)
      else this.lost(task, task.messageId, error)
    }
  }

  private accept(task: Task, entry: OutboxEntry, turn: ChatTurn): void {
    const { accepted, history, live, outbox, state, tell } = this.deps
    const { id, content } = turn.assistant_message
    task.messageId = id
    live.begin(id, content)
    state.batch(() => {
      outbox.remove(entry.key)
      accepted(turn)
      const isShown = history.place(turn)
      state.setRun({
        messageId: id,
        phase: task.wantsStop ? 'stopping' : 'waiting',
        ...(isShown ? { question: null } : {}),
      })
      if (!isShown) void this.showNewest(task)
    })
    tell(id, 'started')
    if (task.wantsStop) void this.cancel(task, id)
  }

  /** The turn belongs to a path, or to a part of it, that is not in sight. */
  private async showNewest(task: Task): Promise<void> {
    const { history, state } = this.deps
    await history.showNewest().catch(() => undefined)
    if (this.task === task) state.setRun({ question: null })
  }

  private async follow(task: Task, messageId: string, events?: AcceptedTurn['events']) {
    const { live } = this.deps
    const end = await followRun(this.lineOf(task), {
      messageId,
      ...(events ? { events } : {}),
      offset: () => live.lengthOf(messageId),
      receive: (event) => showProgress(this.deps, messageId, event),
      broken: () => this.broken(task),
      attached: () => showAttached(this.deps, messageId),
    })
    this.finish(task, end)
  }

  private broken(task: Task): void {
    if (this.task !== task) return
    if (task.wantsStop && task.messageId === null) this.giveUp(task)
    else if (!task.wantsStop) this.deps.state.setRun({ phase: 'reconnecting' })
  }

  private finish(task: Task, end: TerminalEvent): void {
    if (this.task !== task) return
    const { history, live, state, tell } = this.deps
    const message = end.data.assistant_message
    state.batch(() => {
      this.release(task)
      history.replace(message)
      if (end.event !== 'error') return
      const failed = () => this.failed(task, end)
      if (end.data.code === 'interrupted' && !task.isUnwanted) this.carryOn(message, failed)
      else failed()
    })
    live.end(message.id)
    tell(message.id, 'ended')
    // Who has stopped it does not want more at once.
    if (end.event === 'done' && !task.wantsStop) this.next()
  }

  private failed({ entry }: Task, { data }: Extract<TerminalEvent, { event: 'error' }>): void {
    const { code, detail, retryable, assistant_message: message } = data
    const wanted = this.byHand(entry ?? this.about('regenerate', message.id), message.id)
    const again = retryable ? () => this.begin(wanted) : null
    this.deps.state.fail({ code, detail, retryAfterSeconds: null, messageId: message.id }, { again })
  }

  /** What somebody asks for who wants this once more, after `messageId` came of it. */
  private byHand(entry: OutboxEntry, messageId: string | null): OutboxEntry {
    return entry.isAutomatic && messageId !== null ? this.about('continue', messageId) : entry
  }

  /** All who watch use one key, so that it happens once; the server knows whether it still is to be. */
  private carryOn(message: Message, declined: () => void): void {
    const entry = { ...this.about('continue', message.id), key: `carry-on-${message.id}`, isAutomatic: true as const }
    this.begin(entry, { declined })
  }

  private about(kind: 'regenerate' | 'continue', messageId: string): OutboxEntry {
    return wish(kind, { messageId, promptId: null, at: this.deps.now() })
  }

  /** Not accepted. What may still succeed stays in the outbox, where a reload finds it. */
  private refused(task: Task, entry: OutboxEntry, error: unknown): void {
    if (this.task !== task) return
    const { history, outbox, state } = this.deps
    const problem = problemFrom(error)
    state.batch(() => {
      this.release(task)
      if (problem.code === 'session_busy' && problem.messageId !== undefined) {
        this.attach({ id: problem.messageId, content: history.find(problem.messageId)?.content ?? '' })
        if (entry.kind === 'send') outbox.put({ ...entry, isSent: false }, { first: true })
        else this.refuseBusy(entry, { messageId: problem.messageId })
        void history.refresh().catch(() => undefined)
        return
      }
      const wanted = this.byHand(entry, entry.messageId)
      if (!mayPass(error) || wanted !== entry) outbox.remove(entry.key)
      state.fail(problem, { entry, again: mayPass(error) ? () => this.begin(wanted) : null })
    })
  }

  /** It was carried on before, and somebody has to ask for more; or the conversation has gone on without it. */
  private async declined(task: Task, { key, messageId }: OutboxEntry): Promise<void> {
    const { history, outbox, state } = this.deps
    await history.refresh().catch(() => undefined)
    if (this.task !== task) return
    state.batch(() => {
      const { newest, underWay } = history
      outbox.remove(key)
      this.release(task)
      if (underWay) this.attach(underWay)
      else if (newest?.id === messageId) task.declined()
    })
  }

  private refuseBusy(entry: OutboxEntry, { messageId }: Pick<Task, 'messageId'>): void {
    const { outbox, state } = this.deps
    outbox.remove(entry.key)
    const detail = 'An answer of this session is still being written. Wait for it, or stop it.'
    const about = messageId === null ? {} : { messageId }
    const problem = { code: 'session_busy' as const, detail, retryAfterSeconds: null, ...about }
    state.fail(problem, { entry, again: () => this.begin(entry) })
  }

  /** The answer can no longer be read: its session was deleted, or the user is signed out. */
  private lost(task: Task, messageId: string, error: unknown): void {
    if (this.task !== task) return
    const { history, live, state } = this.deps
    const content = live.read(messageId) ?? ''
    const again = mayPass(error) ? () => this.attach(history.find(messageId) ?? { id: messageId, content }) : null
    state.batch(() => {
      this.release(task)
      state.fail({ ...problemFrom(error), messageId }, { again })
    })
    live.end(messageId)
  }

  /** Stopped before anybody acknowledged it: not sent again unless it is asked for. */
  private giveUp(task: Task): void {
    const { outbox, state } = this.deps
    const { entry } = task
    state.batch(() => {
      this.release(task)
      if (!entry) return
      outbox.remove(entry.key)
      state.fail(problemFrom(new ConnectionError()), { entry, again: () => this.begin(entry) })
    })
  }

  private async cancel(task: Task, messageId: string): Promise<void> {
    this.deps.tell(messageId, 'unwanted')
    try {
      const message = await cancelAnswer(this.lineOf(task), messageId)
      const data = { assistant_message: message }
      // One that failed in the meantime says why on its own line.
      if (message.state === 'cancelled') this.finish(task, { event: 'cancelled', data })
      if (message.state === 'complete') this.finish(task, { event: 'done', data })
    } catch (error) {
      if (this.task === task) this.notStopped(task, messageId, error)
    }
  }

  private notStopped(task: Task, messageId: string, error: unknown): void {
    const { state } = this.deps
    task.wantsStop = false
    state.batch(() => {
      state.setRun({ phase: 'waiting' })
      showAttached(this.deps, messageId)
      state.fail(problemFrom(error), { again: mayPass(error) ? () => void this.stop() : null })
    })
  }

  private release(task: Task | null): void {
    if (!task || this.task !== task) return
    this.task = null
    task.controller.abort()
    this.deps.state.set({ run: null })
  }

  private lineOf({ controller }: Task): LineContext {
    const { client, page, timing } = this.deps
    return { client, page, timing, signal: controller.signal }
  }
}

function nothing(): void {}
