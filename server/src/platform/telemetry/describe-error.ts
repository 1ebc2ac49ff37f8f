/** What may be told of an error outside the process: what kind it is and where it came from, not what it was about. */
export interface DescribedError {
  type: string
  message: string
  code?: string | number
  /** The broken constraint, of a database's refusal. */
  constraint?: string
  /** The frames alone, one a line. */
  stack?: string
  cause?: DescribedError
}

const maxDepth = 3
const maxFrames = 20
const maxMessage = 300
const word = /^[\w.:/@-]{1,80}$/

/**
 * Describes an error without what its message quotes: parsers, databases and header checks put the value they stumble
 * over into it, and that may be somebody's message, password or key. `undefined` for what is no error.
 */
export function describeError(error: unknown, depth = 0): DescribedError | undefined {
  if (!(error instanceof Error)) return undefined
  const { code, constraint } = error as { code?: unknown; constraint?: unknown }
  const stack = framesOf(error)
  const cause = depth < maxDepth ? describeError(error.cause, depth + 1) : undefined
  return {
    type: word.test(error.name) ? error.name : 'Error',
    message: messageOf(error, code),
    ...(typeof code === 'number' || (typeof code === 'string' && word.test(code)) ? { code } : {}),
    ...(typeof constraint === 'string' && word.test(constraint) ? { constraint } : {}),
    ...(stack === '' ? {} : { stack }),
    ...(cause ? { cause } : {}),
  }
}

/** SQLSTATE classes 22 and 23: the values themselves were refused, and the message repeats them. */
const refusedValue = /^2[23]...$/
/** Class 42: the statement was, and ours hold no values. */
const refusedStatement = /^42...$/

function messageOf({ name, message }: Error, code: unknown): string {
  if (name === 'DrizzleQueryError' || message.startsWith('Failed query')) return 'a query failed'
  if (typeof code === 'string' && refusedValue.test(code)) return 'the database refused a value'
  const [line = ''] = message.split('\n', 1)
  return (typeof code === 'string' && refusedStatement.test(code) ? line : withoutQuotes(line)).slice(0, maxMessage)
}

/** Quotations may hold quotation marks, so nobody can tell where one ends. */
function withoutQuotes(text: string): string {
  return text.replace(/(["`“]|(?<!\w)').*/, '…')
}

function framesOf({ stack = '' }: Error): string {
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line))
  return frames.slice(0, maxFrames).join('\n')
}
