import type { Citation, Message } from '@chatbot-platform/contract'
import type { AppError } from '../../platform/errors.ts'
import { cited } from '../knowledge/citations.ts'

/** How a run ended: the stored answer, and what went wrong unless it is complete or was cancelled. */
export interface RunResult {
  message: Message
  failure: AppError | null
}

/** Why a run has no text yet: it waits for its provider. */
export interface RunStatus {
  state: 'waiting'
  /** Requests before this one. */
  ahead: number
  /** ISO time at which the provider takes requests again, as far as known. */
  retry_at: string | null
}

/** Who is asked for an answer, and why. */
export interface Serving {
  provider: string
  model: string
  because: string
  /** Tokens that it has used so far, as we estimate them. */
  used(): { promptTokens: number; completionTokens: number }
}

/** What a run has used before a model is asked for its answer. */
export interface Spent {
  promptTokens: number | null
  completionTokens: number | null
  cachedPromptTokens: number | null
  estimated: boolean
  /** US dollars; null where it is not known. */
  cost: number | null
}

/** Why a run was stopped: by its user, by the end of the process, or because another process ended it. */
export type StopReason = 'cancelled' | 'interrupted' | 'fenced'

/**
 * An answer while it is being written. It belongs to the server: readers come and go, each with its own position, and
 * none of them stops it. The text is kept as the pieces that arrived, so that appending and reading on cost the same
 * however long the answer is.
 */
export class Run {
  readonly workspaceId: string
  readonly controller = new AbortController()
  /** Resolves once the final state is stored (or is known to have been stored elsewhere); never rejects. */
  readonly ended: Promise<RunResult>
  readonly pieces: string[] = []
  /** Length of the text so far, in UTF-16 units. */
  length = 0
  /** Length of what it began with, which the model has not written. */
  readonly given: number
  /** From the acceptance of the turn. */
  firstTokenMs: number | null = null
  serving: Serving | null = null
  status: RunStatus | null = null
  result: RunResult | null = null
  stopReason: StopReason | null = null
  spent: Spent | null = null
  /** The passages that the answer is given; null where there are none, or as long as they are looked for. */
  citations: readonly Citation[] | null = null
  /** Its text is held back, because what it cites is not known yet. */
  isPreparing = false
  private readonly initial: Message
  private readonly startedAtMs = performance.now()
  private readonly watchers = new Set<() => void>()
  private resolveEnded: (result: RunResult) => void = () => {}

  /** `message` is the stored, pending answer; its content is what the answer begins with. */
  constructor(workspaceId: string, message: Message) {
    this.workspaceId = workspaceId
    this.initial = message
    if (message.content !== '') this.pieces.push(message.content)
    this.given = message.content.length
    this.length = this.given
    this.ended = new Promise((resolve) => {
      this.resolveEnded = resolve
    })
  }

  get id(): string {
    return this.initial.id
  }

  get text(): string {
    return this.pieces.join('')
  }

  /** The session whose only active run this is. */
  get sessionId(): string {
    return this.initial.chat_session_id
  }

  /** The message as it stands. */
  get message(): Message {
    if (this.result) return this.result.message
    const message: Message = {
      ...this.initial,
      content: this.text,
      state: this.length > 0 ? 'streaming' : 'pending',
      provider: this.serving?.provider ?? null,
      model: this.serving?.model ?? null,
      served_because: this.serving?.because ?? null,
      first_token_ms: this.firstTokenMs,
    }
    return this.citations === null ? message : cited(message, this.citations)
  }

  /** What it is given is known: from now on its text may be read. */
  prepared(citations: readonly Citation[]): void {
    this.isPreparing = false
    this.citations = citations.length === 0 ? null : citations
    this.notify()
  }

  append(text: string): void {
    this.pieces.push(text)
    this.length += text.length
    this.firstTokenMs ??= Math.round(performance.now() - this.startedAtMs)
    this.status = null
    this.notify()
  }

  setStatus(status: RunStatus): void {
    this.status = status
    this.notify()
  }

  /** Asks the model call to stop; the first reason given stands. */
  stop(reason: StopReason): void {
    if (this.result || this.stopReason) return
    this.stopReason = reason
    this.controller.abort()
  }

  end(result: RunResult): void {
    this.result = result
    this.resolveEnded(result)
    this.notify()
  }

  /** Calls `changed` after every append, when it is prepared and at the end, until the returned function is called. */
  watch(changed: () => void): () => void {
    this.watchers.add(changed)
    return () => this.watchers.delete(changed)
  }

  private notify(): void {
    for (const watcher of this.watchers) watcher()
  }
}
