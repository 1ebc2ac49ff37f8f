/** What a piece of code is, as the colours of `markdown.css` know it. */
export type Tone = 'keyword' | 'value' | 'string' | 'comment' | 'title' | 'type' | 'name' | 'meta' | 'removed'

export interface CodeSpan {
  text: string
  tone: Tone | undefined
}

export interface CodeLine {
  text: string
  spans: CodeSpan[]
}

export function plainLines(code: string): CodeLine[] {
  return code.split('\n').map((text) => ({ text, spans: [{ text, tone: undefined }] }))
}
