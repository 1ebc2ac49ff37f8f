import { ProviderError, retryableCodes } from '../../llm/provider-error.ts'
import type { AppError } from '../../platform/errors.ts'
import type { EventStream } from '../../platform/http/event-stream.ts'
import { frame } from '../../platform/http/event-stream.ts'
import type { Run, RunResult, RunStatus } from './run.ts'

/**
 * Sends a run to one reader from a text offset on, live until its end. What came in one network read from the provider
 * is written at once, in one packet: a token waits for no other stream. A reader that is slow gets larger pieces later,
 * and never holds the run up.
 */
export function sendRun(run: Run, stream: EventStream, fromOffset: number): void {
  let piece = 0
  let offset = 0
  /** What is left of a piece that the reader has in part. */
  let rest = ''
  let waiting = false
  let told: RunStatus | null = null
  let citesKnown = false
  const unwatch = run.watch(flush)
  stream.onClose(unwatch)
  skipTo(fromOffset)
  flush()

  function flush(): void {
    if (waiting || stream.closed) return
    const frames = citations() + status() + unsent()
    if (run.result) {
      stream.end(frames + endFrame(run.result))
      return
    }
    if (frames === '' || stream.write(frames)) return
    waiting = true
    void stream.ready().then(() => {
      waiting = false
      flush()
    })
  }

  function status(): string {
    if (run.status === null || run.status === told) return ''
    told = run.status
    return frame('status', told)
  }

  /** Once, and before any text. */
  function citations(): string {
    if (run.citations === null || citesKnown) return ''
    citesKnown = true
    return frame('citations', { citations: run.citations })
  }

  function unsent(): string {
    if (run.isPreparing && run.result === null) return ''
    if (piece >= run.pieces.length && rest === '') return ''
    const isOne = rest === '' && piece === run.pieces.length - 1
    const text = isOne ? (run.pieces[piece] ?? '') : rest + run.pieces.slice(piece).join('')
    rest = ''
    piece = run.pieces.length
    offset += text.length
    return frame('delta', { text }, offset)
  }

  /** The pieces before an offset are skipped, and the beginning of a piece that it cuts. */
  function skipTo(target: number): void {
    while (piece < run.pieces.length) {
      const text = run.pieces[piece] ?? ''
      if (offset + text.length > target) {
        rest = text.slice(target - offset)
        piece += 1
        offset = target
        return
      }
      piece += 1
      offset += text.length
      if (offset === target) return
    }
  }
}

/** The terminal event of a finished answer. */
export function endFrame({ message, failure }: RunResult): string {
  if (message.state === 'cancelled') return frame('cancelled', { assistant_message: message })
  if (failure === null) return frame('done', { assistant_message: message })
  return frame('error', {
    code: failure.code,
    detail: failure.message,
    retryable: isRetryable(failure),
    assistant_message: message,
  })
}

/** Failures of ours that pass by themselves. */
const passing = new Set<string>(['interrupted', 'database_unavailable', 'knowledge_unavailable', 'shutting_down'])

function isRetryable(failure: AppError): boolean {
  if (failure instanceof ProviderError) return failure.retryable
  return retryableCodes.has(failure.code) || passing.has(failure.code)
}
