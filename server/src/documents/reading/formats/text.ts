import type { FormatInput, FormatResult } from '../format.ts'

/** Plain text: paragraphs between empty lines. */
export async function readText({ bytes, decode, builder, progress }: FormatInput): Promise<FormatResult> {
  for (const paragraph of normaliseLines(await decode()).split(/\n[ \t\f\v]*\n/)) builder.paragraph(paragraph)
  progress(bytes.length, bytes.length)
  return { title: null, pages: null }
}

/** Text whose lines end in a line feed alone. */
export function normaliseLines(text: string): string {
  return text.replace(/\r\n?/g, '\n')
}
