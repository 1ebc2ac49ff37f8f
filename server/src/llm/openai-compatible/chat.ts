import { performance } from 'node:perf_hooks'
import type { ProviderEvent, ProviderTimeouts, RetrySettings } from '../provider.ts'
import { ProviderAborted, ProviderError } from '../provider-error.ts'
import { Exchange, type ExchangeOptions } from './exchange.ts'
import { pause, retryDelayMs } from './retry.ts'

export interface ChatOptions extends Omit<ExchangeOptions, 'deadlineMs'> {
  timeouts: ProviderTimeouts
  retry: RetrySettings
  /** Told before each further attempt. */
  onRetry: (error: ProviderError, attempt: number, delayMs: number) => void
}

/** Streams one answer, trying again as `RetrySettings` say while no token has come. */
export async function* streamChat(options: ChatOptions): AsyncGenerator<ProviderEvent, void, void> {
  const deadlineMs = performance.now() + options.timeouts.totalMs
  for (let attempt = 1; ; attempt++) {
    if (options.signal.aborted) throw new ProviderAborted()
    const exchange = new Exchange({ ...options, deadlineMs })
    let textDelivered = false
    let delayMs: number
    try {
      for (;;) {
        const text = await exchange.read()
        if (text === null) break
        textDelivered = true
        yield { type: 'delta', text }
      }
      yield finishOf(exchange, textDelivered, attempt)
      return
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error
      error.textDelivered = textDelivered
      error.attempts = attempt
      const remainingMs = deadlineMs - performance.now()
      const delay = exchange.parser.hasStarted ? null : retryDelayMs(error, attempt, remainingMs, options.retry)
      if (delay === null) throw error
      options.onRetry(error, attempt, delay)
      delayMs = delay
    } finally {
      exchange.release()
    }
    await pause(delayMs, options.signal)
  }
}

/** A stream that ends with `[DONE]` alone has stopped; one that said nothing either has no reason to give. */
function finishOf({ parser }: Exchange, textDelivered: boolean, attempts: number): ProviderEvent {
  const reason = parser.finishReason ?? (textDelivered ? 'stop' : 'other')
  return { type: 'finish', reason, model: parser.model, usage: parser.usage, attempts }
}
