/** A line of a text, without its end. */
export interface Line {
  start: number
  text: string
  /** Where the next line begins; one past the text's end behind the last one. */
  next: number
}

export function lineAt(source: string, start: number): Line {
  const found = source.indexOf('\n', start)
  const end = found < 0 ? source.length : found
  return { start, text: source.slice(start, end), next: end + 1 }
}

export function* linesFrom(source: string, start: number): Generator<Line> {
  let at = start
  while (at <= source.length) {
    const line = lineAt(source, at)
    yield line
    at = line.next
  }
}
