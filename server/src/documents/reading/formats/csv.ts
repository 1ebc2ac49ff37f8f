import { setImmediate } from 'node:timers/promises'
import { CsvError, parse } from 'csv-parse'
import { DocumentError } from '../../document.ts'
import type { FormatInput, FormatResult } from '../format.ts'
import { createRowWriter } from '../rows.ts'
import { tooMuchText } from '../text-builder.ts'

const chunkLength = 65_536

/** Comma-separated values, or separated by semicolons, tabs or bars: a line of `Header: value` per row. */
export async function readCsv({ decode, limits, builder, progress }: FormatInput): Promise<FormatResult> {
  const text = await decode()
  if (text.length > limits.characters * 2) throw tooMuchText(limits)
  const parser = parse({
    delimiter: sniffDelimiter(text),
    relax_quotes: true,
    relax_column_count: true,
    skip_empty_lines: true,
  })
  const writeRow = createRowWriter(builder)
  const reading = (async () => {
    for await (const row of parser) writeRow(row)
  })()
  const writing = (async () => {
    for (let at = 0; at < text.length; at += chunkLength) {
      while (parser.writableNeedDrain) await setImmediate()
      parser.write(text.slice(at, at + chunkLength))
      progress(Math.min(at + chunkLength, text.length), text.length)
    }
    parser.end()
  })()
  try {
    await Promise.all([reading, writing])
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    throw new DocumentError(
      'broken',
      `This table cannot be read: ${error.message.slice(0, 200)}. Save it as CSV anew.`,
      { cause: error },
    )
  }
  return { title: null, pages: null }
}

const delimiters = [',', ';', '\t', '|']

/** The delimiter that divides the first lines into the most columns, equally many in each. */
function sniffDelimiter(text: string): string {
  const lines = text
    .slice(0, 20_000)
    .split(/\r\n?|\n/)
    .filter((line) => line.trim() !== '')
    .slice(0, 20)
  let best = { delimiter: ',', score: 0 }
  for (const delimiter of delimiters) {
    const counts = lines.map((line) => line.replace(/"[^"]*"/g, '').split(delimiter).length - 1)
    const usual = counts.toSorted((a, b) => a - b)[Math.floor(counts.length / 2)] ?? 0
    const score = usual * (counts.filter((count) => count === usual).length / counts.length)
    if (score > best.score) best = { delimiter, score }
  }
  return best.delimiter
}
