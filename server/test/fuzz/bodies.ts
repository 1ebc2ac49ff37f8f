import type { Random } from '../../torture/random.ts'
import type { FuzzRequest } from './fuzz-request.ts'
import type { Schema } from './operations.ts'

const bodyLimitBytes = 1024 * 1024

const boundary = 'fuzz-boundary'
/** The content type of a form with files. */
export const formType = `multipart/form-data; boundary=${boundary}`

/** The body in the form that its media type asks for. */
export function bodyText(mediaType: string, value: unknown): string {
  if (mediaType === 'application/json') return JSON.stringify(value) ?? ''
  if (mediaType === 'multipart/form-data') return formText(value)
  const pairs = Object.entries((value ?? {}) as Record<string, unknown>).map(([name, one]): [string, string] => [
    name,
    typeof one === 'string' ? one : (JSON.stringify(one) ?? ''),
  ])
  return new URLSearchParams(pairs).toString()
}

/** A GIF of one pixel without a byte beyond ASCII, as bodies are texts. */
const asciiImage = 'GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;'

/** Each value of the fields as a text file, of `file` in half of the cases as an image; `File`s do not travel as text, their names do. */
function formText(value: unknown): string {
  const parts = Object.entries((value ?? {}) as Record<string, unknown>).flatMap(([name, one]) =>
    [one].flat().map((content) => {
      const own = textOf(content)
      const isImage = name === 'file' && (content instanceof File || own.length % 2 === 0)
      const text = isImage ? asciiImage : own
      const head = `content-disposition: form-data; name="${name.replaceAll('"', '%22')}"; filename="note.txt"`
      return `--${boundary}\r\n${head}\r\n\r\n${text}\r\n`
    }),
  )
  return `${parts.join('')}--${boundary}--\r\n`
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  return content instanceof File ? content.name : (JSON.stringify(content) ?? '')
}

/** A body that is not, or not quite, what a serializer would write. */
export function rawBody(
  random: Random,
  schema: Schema,
  valid: string,
): Pick<FuzzRequest, 'body' | 'isValid' | 'isOversized'> {
  const refused = { isValid: false, isOversized: false }
  const field = random.oneOf(Object.keys(schema.properties ?? {})) ?? 'field'
  switch (random.weighted({ twice: 3, extra: 3, cut: 3, not: 4, deep: 2, large: 1 })) {
    case 'twice':
      return { ...refused, body: valid.replace('{', `{"${field}":${random.oneOf(['1', '"first"', 'null', '{}'])},`) }
    case 'extra':
      return { ...refused, body: valid.replace('{', `{${random.oneOf(extras)},`) }
    case 'cut':
      return { ...refused, body: valid.slice(0, random.between(0, Math.max(valid.length - 1, 0))) }
    case 'not':
      return { ...refused, body: random.oneOf(notObjects) ?? '' }
    case 'deep':
      return { ...refused, body: nested(random, field) }
    case 'large':
      return { isValid: false, isOversized: true, body: `{"${field}":"${'x'.repeat(bodyLimitBytes)}"}` }
  }
}

const extras = [
  '"__proto__":{"isAdmin":true}',
  '"constructor":{"prototype":{"isAdmin":true}}',
  '"workspace_id":"00000000-0000-0000-0000-000000000000"',
  '"id":1,"user_id":2,"role":"owner","":null',
  '"toString":1,"hasOwnProperty":2',
]

const notObjects = [
  '',
  ' ',
  'null',
  'true',
  '0',
  '-',
  '"text"',
  '[]',
  '[{}]',
  '{',
  '{"a":}',
  "{'single':1}",
  '{"a":1,}',
  '{"a":NaN}',
  '{"a":1e999}',
  '{"a":"\\ud800"}',
  '{"a":"\u0000"}',
  '\ufeff{}',
  '{}{}',
  '// comment\n{}',
  'name=form&encoded=1',
]

/** As deep as a body may be large. */
function nested(random: Random, field: string): string {
  const depth = random.between(10, bodyLimitBytes / 2 - 100)
  return `{"${field}":${'['.repeat(depth)}${']'.repeat(depth)}}`
}
