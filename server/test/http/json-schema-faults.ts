type Check = (value: unknown, where: string) => string[]

const types = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']

const is = (kind: string, holds: (value: unknown) => boolean): Check => {
  return (value, where) => (holds(value) ? [] : [`${where} is not ${kind}`])
}
const text = is('text', (value) => typeof value === 'string')
const number = is('a number', (value) => typeof value === 'number' && Number.isFinite(value))
const count = is('a count', (value) => Number.isInteger(value) && Number(value) >= 0)
const anything: Check = () => []
const distinct = (value: unknown) => Array.isArray(value) && value.length > 0 && new Set(value).size === value.length

const schemas: Check = (value, where) =>
  Array.isArray(value) && value.length > 0
    ? value.flatMap((schema, index) => schemaFaults(schema, `${where}/${index}`))
    : [`${where} is not a list of schemas`]

const schemaMap: Check = (value, where) =>
  Object.entries(value as object).flatMap(([name, schema]) => schemaFaults(schema, `${where}/${name}`))

// The keywords this API uses, of https://json-schema.org/draft/2020-12/json-schema-core and -validation.
const keywords: Record<string, Check> = {
  $ref: text,
  type: is('a type', (value) => [value].flat().every((one) => types.includes(String(one))) && distinct([value].flat())),
  format: text,
  pattern: is('a pattern', (value) => typeof value === 'string' && new RegExp(value, 'u') !== undefined),
  description: text,
  enum: is('a list of values', distinct),
  const: anything,
  default: anything,
  minimum: number,
  maximum: number,
  minLength: count,
  maxLength: count,
  required: is('a list of names', distinct),
  properties: schemaMap,
  items: (value, where) => schemaFaults(value, where),
  prefixItems: schemas,
  minItems: count,
  maxItems: count,
  anyOf: schemas,
  oneOf: schemas,
}

/** What keeps a value from being a JSON Schema (2020-12); a keyword this list does not know is a fault too. */
export function schemaFaults(schema: unknown, where = '#'): string[] {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return [`${where} is not a schema`]
  const { properties = {}, required = [] } = schema as { properties?: object; required?: string[] }
  const undeclared = required.filter((name) => !(name in properties)).map((name) => `${where} requires unknown ${name}`)
  const faults = Object.entries(schema).flatMap(([keyword, value]) => {
    const check = keywords[keyword]
    return check ? check(value, `${where}/${keyword}`) : [`${where}/${keyword} is no keyword`]
  })
  return [...undeclared, ...faults]
}
