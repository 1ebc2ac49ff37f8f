/** Where a vendor puts usage, and what its errors inside a stream look like. */
export type UpstreamDialect = 'openai' | 'groq' | 'openrouter' | 'vllm' | 'ollama'

/** Holds an answer until the test lets it go on. */
export interface Gate {
  readonly opened: Promise<void>
  open(): void
}

/** One answer of the scripted upstream, as data. Counts of pieces start at 0; durations are milliseconds. */
export interface Round {
  /** The pieces of the answer, each an event of its own. Default: `Hello`, ` there`, `.` */
  text?: string[]
  /** Answer with the last user message, or with all messages as JSON, in place of `text`. */
  echo?: 'last' | 'all'
  /** Reasoning sent before the text, as `reasoning_content`. */
  reasoning?: string[]
  /** Pause before each piece but the first; 0 still gives each piece a packet of its own. */
  delayMs?: number
  /** Waited for before piece number `gateAfter` (default 0, after the headers). */
  gate?: Gate
  gateAfter?: number
  dialect?: UpstreamDialect
  model?: string
  /** `null` sends none. Default: 7 prompt tokens and one completion token for each piece. */
  usage?: Record<string, unknown> | null
  finishReason?: string
  /** End properly, but without a finish reason and `[DONE]`. */
  noFinish?: boolean
  /** Send the finish reason, but no `[DONE]`. */
  noDone?: boolean
  /** Leave the stream open after everything was sent. */
  stayOpen?: boolean
  /** An error object in the stream after this many pieces, in the dialect's shape. */
  errorAfter?: number
  error?: Record<string, unknown>
  /** Never answer (`true`), send only the headers (`'headers'`), or stop after this many pieces. */
  hang?: true | 'headers' | number
  /** Cut the connection after this many pieces; -1: before the headers. */
  cutAfter?: number
  cutWith?: 'fin' | 'rst'
  /** Answer as one JSON object, as a server does that ignores `stream`. */
  json?: boolean
  /** Any other answer: status, headers and body as given. */
  status?: number
  headers?: Record<string, string>
  body?: string | Buffer
  /** The body of an event stream, written as given, one packet each. */
  rawChunks?: (string | Buffer)[]
  /** Write the event stream one byte at a time. */
  bytewise?: boolean
}

/** A chat request as the upstream understood it. */
export interface ChatBody {
  model?: string
  stream?: boolean
  messages?: { role: string; content: string }[]
  [field: string]: unknown
}

/** The pieces of text this round answers with. */
function piecesOf(round: Round, body: ChatBody): string[] {
  const messages = body.messages ?? []
  if (round.echo === 'all') return [JSON.stringify(messages)]
  if (round.echo === 'last') return [messages.findLast(({ role }) => role === 'user')?.content ?? '']
  return round.text ?? ['Hello', ' there', '.']
}

/** The events of a stream: before the text, one for each piece, and after it (finish reason, usage, `[DONE]`). */
export interface RenderedRound {
  head: string[]
  pieces: string[]
  tail: string[]
}

export function renderRound(round: Round, body: ChatBody): RenderedRound {
  const dialect = round.dialect ?? 'openai'
  const texts = piecesOf(round, body)
  const base = {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: modelOf(round, body),
  }
  const chunk = (delta: object, finish: string | null = null, extra: object = {}) =>
    event({ ...base, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }], ...extra })
  const usage = usageOf(round, texts)
  const comments = dialect === 'openrouter' ? [': OPENROUTER PROCESSING\n\n'] : []
  const reasoning = (round.reasoning ?? []).map((text) => chunk({ reasoning_content: text }))
  const groq = dialect === 'groq' && usage ? { x_groq: { id: 'req_1', usage } } : {}
  const finish = chunk({}, round.finishReason ?? 'stop', groq)
  const trailer = dialect === 'groq' || !usage ? [] : [event({ ...base, choices: [], usage })]
  const done = round.noDone ? [] : ['data: [DONE]\n\n']
  return {
    head: [...comments, chunk({ role: 'assistant', content: '' }), ...reasoning],
    pieces: texts.map((content) => chunk({ content })),
    tail: round.noFinish ? [] : [finish, ...trailer, ...done],
  }
}

/** The same answer as one object, for requests without `stream` and servers that ignore it. */
export function renderCompletion(round: Round, body: ChatBody): string {
  const texts = piecesOf(round, body)
  const message = { role: 'assistant', content: texts.join('') }
  return JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: modelOf(round, body),
    choices: [{ index: 0, message, logprobs: null, finish_reason: round.finishReason ?? 'stop' }],
    ...(usageOf(round, texts) ? { usage: usageOf(round, texts) } : {}),
  })
}

/** An error in the middle of a stream, as each vendor documents or its source writes it. */
export function renderError(round: Round): string {
  const error = { message: 'UPSTREAM-WORDS', code: 'server_error', ...round.error }
  switch (round.dialect ?? 'openai') {
    case 'vllm':
      return event({
        object: 'error',
        type: 'InternalServerError',
        param: null,
        ...error,
        code: round.error?.code ?? 500,
      })
    case 'ollama':
      return `${JSON.stringify({ error: error.message })}\n`
    case 'openrouter':
      return event({ id: 'gen-1', error, choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }] })
    default:
      return event({ error: { type: 'server_error', param: null, ...error } })
  }
}

function event(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`
}

function modelOf(round: Round, body: ChatBody): string {
  return round.model ?? body.model ?? 'test-model'
}

function usageOf(round: Round, texts: string[]): object | null {
  if (round.usage !== undefined) return round.usage
  return { prompt_tokens: 7, completion_tokens: texts.length, total_tokens: 7 + texts.length }
}
