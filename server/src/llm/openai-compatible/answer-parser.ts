import { createParser, type EventSourceParser, type ParseError } from 'eventsource-parser'
import type { FinishReason, TokenUsage } from '../provider.ts'
import type { ProviderError } from '../provider-error.ts'
import type { Failures } from './failures.ts'
import { asObject, type JsonObject, parseJson } from './json.ts'
import { readUsage } from './usage.ts'

/** Characters one event may have; a longer line is no answer but an attack on memory or a broken server. */
const maxEventChars = 1024 * 1024
/** Characters one answer may have: some forty times the longest output any listed model can give in 120 s. */
export const maxAnswerChars = 4 * 1024 * 1024

/** Characters of a model's name that are kept. */
const maxModelChars = 200

/** Finds the usage in a chunk; vendors put it in different places. */
export type UsageOf = (chunk: JsonObject) => unknown

/**
 * Turns the bytes of an answer into text: server-sent events of `chat.completion.chunk` objects, or one
 * `chat.completion` from a server that ignores `stream`. It never throws; `failure` holds what went wrong.
 */
export class AnswerParser {
  finishReason: FinishReason | null = null
  usage: TokenUsage | null = null
  model: string | null = null
  failure: ProviderError | null = null
  /** `[DONE]` has come. */
  isDone = false
  /** The model has begun to produce tokens, be they reasoning or answer. */
  hasStarted = false
  /** Text that has arrived and was not taken yet. */
  #text = ''
  #totalChars = 0
  readonly #failures: Failures
  readonly #usageOf: UsageOf
  // The BOM belongs to the stream, not to the answer, but the event parser strips it in any place it may be cut.
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  readonly #events: EventSourceParser

  constructor(failures: Failures, usageOf: UsageOf) {
    this.#failures = failures
    this.#usageOf = usageOf
    this.#events = createParser({
      maxBufferSize: maxEventChars,
      onEvent: (event) => this.#readEvent(event.data),
      onError: (error) => this.#readStrayLine(error),
    })
  }

  /** Reads a piece of an event stream, cut anywhere. */
  feed(bytes: Uint8Array) {
    if (this.failure) return
    this.#events.feed(this.#decoder.decode(bytes, { stream: true }))
  }

  /** Reads a whole `chat.completion`. */
  readCompletion(json: string) {
    const completion = asObject(parseJson(json))
    if (!completion) return this.#fail(this.#failures.badResponse('not_json'))
    const hasChoices = Array.isArray(completion.choices) && completion.choices.length > 0
    this.#readChunk(completion)
    if (!hasChoices && !this.failure) return this.#fail(this.#failures.badResponse('no_choices'))
    this.finishReason ??= 'other'
  }

  /**
   * Hands out the text that has arrived. Half of a surrogate pair at its end stays until the other half comes, or is
   * replaced by U+FFFD where `isLast`.
   */
  take(isLast: boolean): string {
    if (this.#text === '') return ''
    let text = this.#text
    this.#text = ''
    if (!isLast && isHighSurrogate(text.charCodeAt(text.length - 1))) {
      this.#text = text.slice(-1)
      text = text.slice(0, -1)
    }
    return text.isWellFormed() ? text : text.toWellFormed()
  }

  #fail(failure: ProviderError) {
    this.failure ??= failure
  }

  #readEvent(data: string) {
    if (this.failure || this.isDone) return
    if (data === '[DONE]' || data.trim() === '[DONE]') {
      this.isDone = true
      return
    }
    const chunk = asObject(parseJson(data))
    if (chunk) return this.#readChunk(chunk)
    if (data.trim() !== '') this.#fail(this.#failures.badResponse('event_not_json'))
  }

  /** Lines that are no field of an event: an oversized one, or an error that a server wrote outside the protocol. */
  #readStrayLine(error: ParseError) {
    if (error.type === 'max-buffer-size-exceeded') return this.#fail(this.#failures.badResponse('event_too_long'))
    // llama.cpp has written `error: {…}`, Ollama the bare object.
    const written = asObject(parseJson((error.field === 'error' ? error.value : error.line) ?? ''))
    if (!written) return
    if (error.field === 'error') this.#fail(this.#failures.inBand(written))
    else if (written.error != null) this.#fail(this.#failures.inBand(written.error))
  }

  #readChunk(chunk: JsonObject) {
    const error = errorOf(chunk)
    if (error !== null) return this.#fail(this.#failures.inBand(error))
    if (this.model === null && typeof chunk.model === 'string') this.model = storable(chunk.model)
    const usage = this.#usageOf(chunk)
    if (usage != null) this.usage = readUsage(usage) ?? this.usage
    const choice = Array.isArray(chunk.choices) ? asObject(chunk.choices[0]) : null
    if (choice) this.#readChoice(choice)
  }

  #readChoice(choice: JsonObject) {
    const message = asObject(choice.delta) ?? asObject(choice.message)
    if (choice.error != null) this.#fail(this.#failures.inBand(choice.error))
    if (message) this.#readMessage(message)
    if (typeof choice.finish_reason !== 'string' || choice.finish_reason === '') return
    if (choice.finish_reason === 'error') return this.#fail(this.#failures.inBand(null))
    this.hasStarted = true
    this.finishReason = finishReasons[choice.finish_reason] ?? 'other'
  }

  #readMessage(message: JsonObject) {
    const text = typeof message.content === 'string' ? message.content : textOfParts(message.content)
    if (text === '') {
      // Reasoning is not part of the answer, but it is a sign of life.
      if (message.reasoning || message.reasoning_content) this.hasStarted = true
      return
    }
    this.hasStarted = true
    this.#totalChars += text.length
    if (this.#totalChars > maxAnswerChars) return this.#fail(this.#failures.badResponse('answer_too_long'))
    // PostgreSQL's text has no U+0000.
    this.#text += text.includes('\0') ? text.replaceAll('\0', '') : text
  }
}

/**
 * The error in a chunk, or `null`: `error` as everyone has it, vLLM's `{"object":"error",…}`, and Groq's
 * `x_groq.error` (https://github.com/groq/groq-typescript, `ChatCompletionChunk.XGroq`).
 */
function errorOf(chunk: JsonObject): unknown {
  if (chunk.error != null) return chunk.error
  if (chunk.object === 'error') return chunk
  if (chunk.x_groq === undefined) return null
  return asObject(chunk.x_groq)?.error ?? null
}

/** Content as a list of typed parts, which some servers send in place of a string. */
function textOfParts(content: unknown): string {
  if (!Array.isArray(content)) return ''
  const texts = content.map((part) => asObject(part)?.text)
  return texts.filter((text) => typeof text === 'string').join('')
}

/** A name as it can be stored: no U+0000, no half character, no novel. */
function storable(name: string): string {
  return name.slice(0, maxModelChars).replaceAll('\0', '').toWellFormed()
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff
}

const finishReasons: Readonly<Record<string, FinishReason | undefined>> = {
  stop: 'stop',
  eos: 'stop',
  length: 'length',
  content_filter: 'content_filter',
  tool_calls: 'tool_calls',
  function_call: 'tool_calls',
}
