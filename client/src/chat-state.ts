import type { Attachment, Citation, ChatSession as Conversation, Message } from '@chatbot-platform/contract'
import type { ChatProblem } from './chat-problem.ts'
import type { OutboxEntry, QueuedMessage } from './outbox.ts'

/** What a chat shows. A new object with every change; parts that did not change are the same objects as before. */
export interface ChatSnapshot {
  status: 'loading' | 'ready' | 'failed'
  /** Why loading failed. */
  problem: ChatProblem | null
  /** Null until the first message of a new conversation is accepted. */
  session: Conversation | null
  /** A window of the path that is shown, oldest first. */
  messages: readonly Message[]
  hasOlder: boolean
  hasNewer: boolean
  loading: 'older' | 'newer' | null
  /** The answer under way. */
  run: ChatRun | null
  /** Typed while a run is under way; sent in order once it ends well. */
  queue: readonly QueuedMessage[]
  /** The last action that did not reach the server, was refused, or whose answer failed. */
  failure: SendFailure | null
}

/** Times are milliseconds as the option `now` counts them, by default those of `Date.now()`. */
export interface ChatRun {
  /** Null until the server has accepted it. */
  messageId: string | null
  /** The text on its way, to be shown until it is among the messages. */
  question: string | null
  /** Its images. */
  attachments?: readonly Attachment[]
  phase: 'sending' | 'waiting' | 'streaming' | 'reconnecting' | 'stopping'
  /** Requests before this one, while it waits for its provider. */
  ahead: number | null
  /** ISO time at which the provider takes requests again. */
  retryAt: string | null
  startedAt: number
  firstTokenAt: number | null
  /** The passages of documents that the answer is given; which of them it cites, its text says. */
  citations: readonly Citation[]
}

export interface SendFailure {
  problem: ChatProblem
  /** What was to be sent, so that it is not lost. */
  text?: string
  attachments?: readonly Attachment[]
  /** Whether `retry()` does it again. */
  retry: boolean
}

const blank: ChatSnapshot = {
  status: 'loading',
  problem: null,
  session: null,
  messages: [],
  hasOlder: false,
  hasNewer: false,
  loading: null,
  run: null,
  queue: [],
  failure: null,
}

/** The snapshot of a chat and who wants to know of it. */
export class ChatState {
  private snapshot = blank
  private readonly listeners = new Set<() => void>()
  private again: (() => void) | null = null
  private batches = 0
  private isChanged = false

  get current(): ChatSnapshot {
    return this.snapshot
  }

  set(patch: Partial<ChatSnapshot>): void {
    this.snapshot = { ...this.snapshot, ...patch }
    this.tell()
  }

  setRun(patch: Partial<ChatRun>): void {
    const { run } = this.snapshot
    if (run) this.set({ run: { ...run, ...patch } })
  }

  /** Several changes that are seen as one. */
  batch(work: () => void): void {
    this.batches += 1
    try {
      work()
    } finally {
      this.batches -= 1
      if (this.isChanged) this.tell()
    }
  }

  /** Remembers a failure; `again` is what `retry` does, null where nothing would help. */
  fail(
    problem: ChatProblem,
    { entry, again }: { entry?: Pick<OutboxEntry, 'text' | 'attachments'>; again: (() => void) | null },
  ): void {
    this.again = again
    const text = entry?.text ? { text: entry.text } : {}
    const images = entry?.attachments ? { attachments: entry.attachments } : {}
    this.set({ failure: { problem, ...text, ...images, retry: again !== null } })
  }

  retry(): void {
    const { again } = this
    if (this.snapshot.failure === null || again === null) return
    this.dismiss()
    again()
  }

  dismiss(): void {
    this.again = null
    if (this.snapshot.failure) this.set({ failure: null })
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  private tell(): void {
    this.isChanged = this.batches > 0
    if (this.isChanged) return
    for (const listener of this.listeners) listener()
  }
}
