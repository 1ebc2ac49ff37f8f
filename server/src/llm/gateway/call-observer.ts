import type { ChatRequest, ProviderEvent } from '../provider.ts'

/** One call to a provider, as it goes out. */
export interface ObservedCall {
  provider: string
  /** Counts the calls for one answer, from 1. */
  attempt: number
  request: ChatRequest
}

/** Told how one call went; all of it is synchronous and cheap, and nothing of it for each token. */
export interface CallWatch {
  /** The answer is whole. */
  finished(finish: Extract<ProviderEvent, { type: 'finish' }>): void
  /** An abort by the caller is an error of its own kind. */
  failed(error: unknown): void
  /** Comes last, and always. */
  ended(): void
}

/** Told of every call that the gateway makes, for metrics and traces. */
export interface CallObserver {
  begun(call: ObservedCall): CallWatch
}
