import { DocumentError } from '../../document.ts'
import type { FormatInput, FormatResult } from '../format.ts'
import { JsonError, type JsonValue, jsonValues } from '../json-values.ts'

/** JSON, or one JSON text a line (`.jsonl`, `.ndjson`), as lines of `path: value`; an item of a list belongs together. */
export async function readJson({ bytes, decode, name, builder, progress }: FormatInput): Promise<FormatResult> {
  let group: string | undefined
  try {
    for (const { path, value } of jsonValues(await decode(), { many: /\.(?:jsonl|ndjson)$/i.test(name) })) {
      const next = written(groupOf(path))
      const label = written(path)
      const line = label === '' ? value : `${label}: ${value}`
      if (next === group) builder.row(line)
      else builder.lines(line)
      group = next
    }
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    throw new DocumentError('broken', `This is not valid JSON: ${error.message}. Correct it and upload it again.`, {
      cause: error,
    })
  }
  progress(bytes.length, bytes.length)
  return { title: null, pages: null }
}

type Path = JsonValue['path']

/** Up to the first index: the item of a list, or the list if the item is no more than a value; else the first key of several. */
function groupOf(path: Path): Path {
  const index = path.findIndex((key) => typeof key === 'number')
  if (index !== -1) return path.slice(0, index === path.length - 1 ? index : index + 1)
  return path.slice(0, path.length > 1 ? 1 : 0)
}

function written(path: Path): string {
  return path.map((key, at) => (typeof key === 'number' ? `[${key}]` : at === 0 ? key : `.${key}`)).join('')
}
