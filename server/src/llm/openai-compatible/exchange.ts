import { performance } from 'node:perf_hooks'
import type { Dispatcher } from 'undici'
import type { ProviderTimeouts, RateLimits } from '../provider.ts'
import { ProviderAborted, type ProviderError } from '../provider-error.ts'
import { AnswerParser, maxAnswerChars, type UsageOf } from './answer-parser.ts'
import type { Failures } from './failures.ts'
import { parseJson } from './json.ts'
import { readRateLimits } from './rate-limits.ts'
import type { ResponseHeaders } from './retry-after.ts'

/** Bytes of an error's body that are read: enough for its code. */
const maxErrorBytes = 64 * 1024
/** After the finish reason the usage and `[DONE]` follow at once, or never. */
const trailerMs = 2000
/** How long the connection of a finished answer may take to become free for the next one. */
const drainMs = 1000

export interface ExchangeOptions {
  dispatcher: Dispatcher
  /** Of the request: path with query, headers as a flat list of names and values, JSON body. */
  path: string
  headers: string[]
  body: string
  timeouts: ProviderTimeouts
  /** When the whole call has to be over, as `performance.now()` counts. */
  deadlineMs: number
  signal: AbortSignal
  failures: Failures
  usageOf: UsageOf
  /** Told when an answer other than an error begins. */
  onAccepted: ((limits: RateLimits | null) => void) | undefined
}

type BodyKind = 'events' | 'completion' | 'error' | 'unknown'

/**
 * One request and its streamed answer. undici pushes the bytes in, `read` pulls the text out; whatever came in one
 * network read comes out as one piece. Ends exactly once: complete, failed or released by the caller.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly parser: AnswerParser
  readonly #options: ExchangeOptions
  #controller: Dispatcher.DispatchController | null = null
  #status = 0
  #headers: ResponseHeaders = {}
  #kind: BodyKind = 'unknown'
  #body: Buffer[] = []
  #bodyBytes = 0
  #isComplete = false
  #failure: ProviderError | ProviderAborted | null = null
  /** The response has ended, or its connection is gone. */
  #isOver = false
  #wake: (() => void) | null = null
  #phaseTimer: NodeJS.Timeout
  readonly #totalTimer: NodeJS.Timeout
  #isIdleTimer = false

  constructor(options: ExchangeOptions) {
    const { failures, timeouts, signal } = options
    this.#options = options
    this.parser = new AnswerParser(failures, options.usageOf)
    this.#phaseTimer = setTimeout(() => this.#fail(failures.timeout('first_byte')), timeouts.firstByteMs)
    const remainingMs = Math.max(0, options.deadlineMs - performance.now())
    this.#totalTimer = setTimeout(() => this.#fail(failures.timeout('total')), remainingMs)
    signal.addEventListener('abort', this.#onAbort)
    const { path, headers, body } = options
    options.dispatcher.dispatch({ path, method: 'POST', headers, body }, this)
  }

  /** The next piece of text, or `null` once the answer is complete. Throws `ProviderError` or `ProviderAborted`. */
  async read(): Promise<string | null> {
    for (;;) {
      const text = this.parser.take(this.#isComplete || this.#failure !== null)
      if (text !== '') return text
      if (this.#failure) throw this.#failure
      if (this.#isComplete) return null
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Frees what the exchange holds; safe to call at any time and more than once. */
  release() {
    if (!this.#isSettled) return this.#fail(new ProviderAborted())
    if (this.#isOver || !this.#isComplete) return
    // The rest of a complete answer is a few bytes at most, and reading them keeps the connection.
    setTimeout(() => this.#disconnect(), drainMs).unref()
  }

  onRequestStart(controller: Dispatcher.DispatchController) {
    this.#controller = controller
    if (this.#failure) this.#disconnect()
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: ResponseHeaders) {
    if (status < 200) return
    this.#status = status
    this.#headers = headers
    this.#kind = status >= 400 ? 'error' : kindOf(headers)
    const { failures, onAccepted } = this.#options
    if (status >= 300 && status < 400) this.#fail(failures.badResponse('redirect'))
    if (this.#kind === 'unknown' && isHtml(headers)) this.#fail(failures.badResponse('html'))
    if (onAccepted && status < 300 && !this.#isSettled) onAccepted(readRateLimits(headers))
  }

  onResponseData(_controller: Dispatcher.DispatchController, bytes: Buffer) {
    if (this.#isSettled) return
    if (this.#kind === 'unknown') this.#kind = guessKind(bytes)
    if (this.#kind === 'events') return this.#readEvents(bytes)
    this.#bodyBytes += bytes.length
    this.#body.push(bytes)
    if (this.#kind === 'error' && this.#bodyBytes > maxErrorBytes) this.#failWithStatus()
    // A character takes up to six bytes of JSON.
    if (this.#bodyBytes > maxAnswerChars * 6) this.#fail(this.#options.failures.badResponse('answer_too_long'))
  }

  onResponseEnd() {
    this.#isOver = true
    if (this.#isSettled) return
    if (this.#kind === 'error') return this.#failWithStatus()
    if (this.#kind === 'completion') {
      this.parser.readCompletion(Buffer.concat(this.#body).toString())
      return this.#settleParsed()
    }
    if (this.parser.finishReason) return this.#complete()
    this.#fail(this.#options.failures.truncated('end_of_stream'))
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error & { code?: unknown }) {
    this.#isOver = true
    if (this.#isSettled) return
    const { failures } = this.#options
    const reason = typeof error.code === 'string' ? error.code : error.name
    if (this.#kind === 'error') return this.#failWithStatus()
    if (this.parser.finishReason) return this.#complete()
    if (this.parser.hasStarted) return this.#fail(failures.truncated(reason))
    if (reason.startsWith('HPE_') || reason === 'UND_ERR_HEADERS_OVERFLOW') this.#fail(failures.badResponse(reason))
    else if (reason === 'UND_ERR_INVALID_ARG') this.#fail(failures.failed(reason))
    else this.#fail(failures.unreachable(reason))
  }

  get #isSettled(): boolean {
    return this.#isComplete || this.#failure !== null
  }

  readonly #onAbort = () => this.#fail(new ProviderAborted())

  #readEvents(bytes: Buffer) {
    const { parser } = this
    parser.feed(bytes)
    if (parser.failure || parser.isDone) return this.#settleParsed()
    if (parser.finishReason) this.#awaitTrailer()
    else if (this.#isIdleTimer) this.#phaseTimer.refresh()
    else if (parser.hasStarted) this.#awaitNextRead()
    this.#notify()
  }

  #awaitNextRead() {
    const { failures, timeouts } = this.#options
    clearTimeout(this.#phaseTimer)
    this.#isIdleTimer = true
    this.#phaseTimer = setTimeout(() => this.#fail(failures.timeout('idle')), timeouts.idleMs)
  }

  #awaitTrailer() {
    clearTimeout(this.#phaseTimer)
    this.#phaseTimer = setTimeout(
      () => {
        this.#complete()
        this.#disconnect()
      },
      Math.min(trailerMs, this.#options.timeouts.idleMs),
    )
  }

  #settleParsed() {
    if (this.parser.failure) this.#fail(this.parser.failure)
    else this.#complete()
  }

  #failWithStatus() {
    const body = parseJson(Buffer.concat(this.#body).toString())
    this.#fail(this.#options.failures.fromStatus(this.#status, body, this.#headers))
  }

  #complete() {
    if (this.#isSettled) return
    this.#isComplete = true
    this.#stopWaiting()
    this.#notify()
  }

  #fail(failure: ProviderError | ProviderAborted) {
    if (this.#isSettled) return
    this.#failure = failure
    this.#body = []
    this.#stopWaiting()
    this.#disconnect()
    this.#notify()
  }

  #stopWaiting() {
    clearTimeout(this.#phaseTimer)
    clearTimeout(this.#totalTimer)
    this.#options.signal.removeEventListener('abort', this.#onAbort)
  }

  /** Before undici has given the request a connection there is nothing to close; `onRequestStart` comes back to it. */
  #disconnect() {
    if (this.#controller && !this.#isOver) this.#controller.abort(new ProviderAborted())
    if (this.#controller) this.#isOver = true
  }

  #notify() {
    this.#wake?.()
    this.#wake = null
  }
}

function contentType(headers: ResponseHeaders): string {
  return String(headers['content-type'] ?? '').toLowerCase()
}

function kindOf(headers: ResponseHeaders): BodyKind {
  const type = contentType(headers)
  if (type.startsWith('text/event-stream')) return 'events'
  return type.startsWith('application/json') ? 'completion' : 'unknown'
}

function isHtml(headers: ResponseHeaders): boolean {
  return contentType(headers).includes('html')
}

/** Some servers label neither: an object is a completion, anything else is read as events. */
function guessKind(bytes: Buffer): BodyKind {
  return /^\s*\{/.test(bytes.toString('latin1', 0, 64)) ? 'completion' : 'events'
}
