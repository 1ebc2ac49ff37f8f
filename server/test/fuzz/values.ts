import type { Random } from '../../torture/random.ts'
import type { Schema } from './operations.ts'

/** What stands behind the names of fields and parameters: ids that exist, an address, a password. */
export type KnownValues = Record<string, string>

/** A value that the schema allows, and where its name is known, one that means something. */
export function validValue(random: Random, schema: Schema, name: string, known: KnownValues): unknown {
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return random.oneOf(schema.enum)
  const choices = schema.anyOf ?? schema.oneOf
  if (choices) return validValue(random, random.oneOf(choices) ?? {}, name, known)
  const type = random.oneOf([schema.type ?? 'string'].flat())
  switch (type) {
    case 'object':
      return validObject(random, schema, known)
    case 'array':
      return Array.from({ length: random.between(1, Math.min(schema.maxItems ?? 3, 3)) }, () =>
        validValue(random, schema.items ?? {}, name, known),
      )
    case 'integer':
      return random.between(schema.minimum ?? 0, Math.min(schema.maximum ?? 1000, 1000))
    case 'number':
      return random.between((schema.minimum ?? 0) * 100, Math.min(schema.maximum ?? 10, 10) * 100) / 100
    case 'boolean':
      return random.next() < 0.5
    case 'null':
      return null
    default:
      return validText(random, schema, name, known)
  }
}

function validObject(random: Random, schema: Schema, known: KnownValues): Record<string, unknown> {
  const fields = Object.entries(schema.properties ?? {}).filter(
    ([name]) => schema.required?.includes(name) || random.next() < 0.4,
  )
  return Object.fromEntries(fields.map(([name, field]) => [name, validValue(random, field, name, known)]))
}

const words = [
  'opening hours',
  'Grüße',
  '你好',
  'مرحبا',
  '👩‍👩‍👧 family',
  'tab\tand\nline',
  '"quoted" -minus or',
  'a'.repeat(200),
]

function validText(random: Random, schema: Schema, name: string, known: KnownValues): string {
  const value = known[name]
  if (value !== undefined) return value
  if (schema.format === 'uuid') return uuid(random)
  if (schema.format === 'email') return `fuzz-${uuid(random)}@example.com`
  if (schema.format === 'date') return `20${random.between(10, 29)}-0${random.between(1, 9)}-1${random.between(0, 9)}`
  if (schema.format === 'date-time') return '2026-01-31T12:00:00.000Z'
  const text = (random.oneOf(words) ?? '').slice(0, schema.maxLength)
  return text.padEnd(schema.minLength ?? 0, 'x')
}

/** A value that nobody should send here: of another type, beside a limit, or made to break what reads it. */
export function hostileValue(random: Random, schema: Schema, known: KnownValues): unknown {
  const kind = random.weighted({ type: 2, limit: 3, text: 4, identity: 2, cursor: 1 })
  switch (kind) {
    case 'type':
      return random.oneOf(otherTypes)?.()
    case 'limit':
      return random.oneOf(limitsOf(schema)) ?? random.oneOf(hostileTexts)
    case 'text':
      return random.oneOf(hostileTexts)
    case 'identity':
      return hostileId(random, known)
    case 'cursor':
      return hostileCursor(random, known)
  }
}

const otherTypes: (() => unknown)[] = [
  () => null,
  () => true,
  () => 0,
  () => -1,
  () => 1.5,
  () => 1e308,
  () => 2 ** 31,
  () => 2 ** 53,
  () => '',
  () => [],
  () => [[[[]]]],
  () => ({}),
  () => ({ $ne: null }),
  () => ({ toString: 'not a function', length: 3, valueOf: true }),
  () => JSON.parse('{"__proto__":{"isAdmin":true}}'),
  () => JSON.parse('{"constructor":{"prototype":{"isAdmin":true}}}'),
  () => Array.from({ length: 500 }, () => 'many'),
]

const hostileTexts = [
  '\0',
  'before\0after',
  '\ud800',
  '\udfff\ud800',
  '\ufeff',
  '\u202e\u200b\u2028',
  'e\u0301'.repeat(50),
  '😀'.repeat(101),
  'ı İ ß ﬃ K',
  "'; DROP TABLE users; --",
  "' OR '1'='1",
  '1; SELECT pg_sleep(10)',
  '$1 $2 %s %d \\',
  '{1,2}',
  '%_%',
  '"unclosed',
  '"" -"" or or -',
  '((a & | !b:*) <-> c',
  '- '.repeat(90),
  '__proto__',
  'constructor',
  '../../../etc/passwd',
  '%2e%2e%2f%00',
  'a\r\nX-Injected: 1',
  '{{7*7}}<%= 7*7 %>',
  '<script>alert(1)</script>',
  'NaN',
  '-0',
  '1e999',
  '0x10',
  ' 5 ',
  '0000-00-00',
  '9999-12-31',
  '2024-02-30',
  '+275760-09-13T00:00:00.001Z',
]

/** The limits of the schema, the last that hold and the first that do not. */
function limitsOf({ minLength, maxLength, minimum, maximum }: Schema): unknown[] {
  // Some limits are larger than any body may be; the last allowed text is still worth a try up to there.
  const longest = maxLength === undefined ? [] : [maxLength, maxLength + 1].filter((length) => length <= 110_000)
  return [
    ...(minLength ? ['x'.repeat(minLength - 1), 'x'.repeat(minLength), ' '.repeat(minLength)] : []),
    ...longest.flatMap((length) => ['x'.repeat(length), '€'.repeat(length)]),
    ...(minimum === undefined ? [] : [minimum, minimum - 1, minimum + 0.5]),
    ...(maximum === undefined ? [] : [maximum, maximum + 1, maximum * 1000]),
  ]
}

function hostileId(random: Random, known: KnownValues): string {
  const id = random.oneOf(Object.values(known).filter((value) => /^[0-9a-f-]{36}$/.test(value))) ?? uuid(random)
  const spellings = [
    id,
    id.toUpperCase(),
    id.replaceAll('-', ''),
    `{${id}}`,
    ` ${id}`,
    `urn:uuid:${id}`,
    `${id.slice(0, 35)}g`,
  ]
  return random.oneOf([...spellings, uuid(random), nilId, nilId.replaceAll('0', 'f')]) ?? id
}

const nilId = '00000000-0000-0000-0000-000000000000'

/** Something that looks like the `cursor` of a page. */
function hostileCursor(random: Random, known: KnownValues): string {
  const time = random.oneOf(['2026-01-31T12:00:00.000Z', '0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z', 'now', ''])
  const id = hostileId(random, known)
  const keys = [
    [time, id],
    [id, time],
    [time],
    [1, 2],
    [-1],
    [2 ** 31],
    [2 ** 53],
    [1.5],
    ['1'],
    [null, null],
    {},
    null,
    id,
  ]
  const text = JSON.stringify(random.oneOf([...keys, [time, id, id], [1e300, id], [[], {}], [[time], [id]]]))
  return (
    random.oneOf([Buffer.from(text).toString('base64url'), Buffer.from(text.slice(1)).toString('base64url'), text]) ??
    ''
  )
}

export function uuid(random: Random): string {
  const hex = Array.from({ length: 32 }, () => random.between(0, 15).toString(16)).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`
}
