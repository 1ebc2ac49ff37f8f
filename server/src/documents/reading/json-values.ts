/** A string, number, boolean or null of a JSON text and the keys and indexes that lead to it. */
export interface JsonValue {
  path: readonly (string | number)[]
  value: string
}

/** What is wrong with a JSON text, and where. */
export class JsonError extends Error {
  override name = 'JsonError'
}

const maxDepth = 200

/**
 * The values of a JSON text (RFC 8259) in order, of several texts one after another if `many`. Numbers come as they are
 * written. Needs no memory for the tree and no stack for its depth.
 *
 * @throws JsonError
 */
export function* jsonValues(text: string, { many = false } = {}): Generator<JsonValue> {
  const path: (string | number)[] = many ? [0] : []
  const bottom = path.length
  const closers: ('}' | ']')[] = []
  for (let at = skipSpace(text, 0); at < text.length || closers.length > 0; ) {
    const opened = opener(text, at)
    if (opened) {
      if (closers.length === maxDepth) throw new JsonError(`nested deeper than ${maxDepth} levels`)
      const close = opened === '{' ? '}' : ']'
      at = skipSpace(text, at + 1)
      if (text[at] !== close) {
        closers.push(close)
        path.push(0)
        if (close === '}') at = readKey(text, at, path)
        continue
      }
      at += 1
    } else {
      const scalar = readScalar(text, at)
      yield { path, value: scalar.value }
      at = scalar.end
    }
    at = afterValue(text, skipSpace(text, at), path, closers)
    if (closers.length > 0) continue
    path.length = bottom
    if (at < text.length && !many) throw unexpected(text, at)
    if (many) path[0] = Number(path[0]) + 1
  }
}

/** Closes what ends here and goes on to the next item or member. */
function afterValue(text: string, start: number, path: (string | number)[], closers: string[]): number {
  let at = start
  while (closers.length > 0) {
    const close = closers.at(-1)
    if (text[at] === close) {
      closers.pop()
      path.pop()
      at = skipSpace(text, at + 1)
      continue
    }
    if (text[at] !== ',') throw unexpected(text, at)
    at = skipSpace(text, at + 1)
    if (close === '}') return readKey(text, at, path)
    path.push(Number(path.pop()) + 1)
    return at
  }
  return at
}

function readKey(text: string, at: number, path: (string | number)[]): number {
  if (text[at] !== '"') throw unexpected(text, at)
  const { value, end } = readString(text, at)
  path[path.length - 1] = value
  const colon = skipSpace(text, end)
  if (text[colon] !== ':') throw unexpected(text, colon)
  return skipSpace(text, colon + 1)
}

function opener(text: string, at: number): '{' | '[' | undefined {
  const first = text[at]
  return first === '{' || first === '[' ? first : undefined
}

function readScalar(text: string, at: number): { value: string; end: number } {
  if (text[at] === '"') return readString(text, at)
  const pattern = /(?:-?(?:0|[1-9]\d{0,999})(?:\.\d{1,999})?(?:[eE][+-]?\d{1,9})?|true|false|null)(?![\w.+-])/y
  pattern.lastIndex = at
  const found = pattern.exec(text)?.[0]
  if (found === undefined) throw unexpected(text, at)
  return { value: found, end: at + found.length }
}

function readString(text: string, at: number): { value: string; end: number } {
  let end = at + 1
  while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1
  const literal = text.slice(at, end + 1)
  try {
    return { value: String(JSON.parse(literal)), end: end + 1 }
  } catch {
    throw unexpected(text, end >= text.length ? end : at)
  }
}

function skipSpace(text: string, start: number): number {
  let at = start
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at += 1
  return at
}

function unexpected(text: string, at: number): JsonError {
  if (at >= text.length) return new JsonError('it ends too early')
  const line = text.slice(0, at).split('\n').length
  return new JsonError(`unexpected ${JSON.stringify(text.slice(at, at + 10))} in line ${line}`)
}
