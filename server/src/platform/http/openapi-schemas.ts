import * as wire from '@chatbot-platform/contract'
import { z } from 'zod'

/** A JSON Schema (draft 2020-12) object, as OpenAPI 3.1 takes it. */
export type JsonSchema = { [keyword: string]: unknown }

/** Collects the schemas that operations refer to, each once, by the name under which the contract exports it. */
export interface SchemaCollector {
  /**
   * The schema of a value as its reader sees it: `input` is what a caller sends, `output` what the server answers.
   * Named shapes become references into `#/components/schemas`. Throws when one name would stand for two shapes.
   */
  refer(schema: z.ZodType, io: 'input' | 'output'): JsonSchema
  readonly components: Record<string, JsonSchema>
}

export function collectSchemas(): SchemaCollector {
  const components: Record<string, JsonSchema> = {}
  return {
    components,
    refer(schema, io) {
      const { $schema: _, $defs, ...root } = z.toJSONSchema(schema, { io, metadata: names, override: resultOfPipe })
      for (const [name, definition] of Object.entries($defs ?? {})) {
        const tidied = tidy(definition as JsonSchema)
        const known = components[name]
        if (known && JSON.stringify(known) !== JSON.stringify(tidied)) throw new Error(`${name} stands for two shapes`)
        components[name] = tidied
      }
      return tidy(root as JsonSchema)
    },
  }
}

// Scalars such as Id stay where they are used: a reference would hide that they are strings.
const names = z.registry<{ id: string }>()
for (const [name, exported] of Object.entries(wire)) {
  const isShape =
    exported instanceof z.ZodObject || exported instanceof z.ZodEnum || exported instanceof z.ZodDiscriminatedUnion
  if (isShape) names.add(exported, { id: name })
}

/** A string that is trimmed or lower-cased before its limits apply is documented with those limits. */
function resultOfPipe({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodTypes; jsonSchema: JsonSchema }): void {
  const { def } = zodSchema._zod
  if (def.type !== 'pipe' || def.out._zod.def.type !== 'string') return
  const { $schema: _, ...result } = z.toJSONSchema(def.out)
  Object.assign(jsonSchema, result)
}

const isString = (value: unknown): value is string => typeof value === 'string'

/** Drops what only repeats a format, a language's number range or the closedness of answers, for people to read it. */
function tidy({ additionalProperties: _, ...schema }: JsonSchema): JsonSchema {
  const { properties, items, anyOf, oneOf, allOf, ...rest } = schema
  const tidied: JsonSchema = { ...rest }
  if (isString(tidied.$ref)) tidied.$ref = tidied.$ref.replace('#/$defs/', '#/components/schemas/')
  if (tidied.format !== undefined) delete tidied.pattern
  // A part of a form is sent as it is, in no encoding.
  if (tidied.format === 'binary') delete tidied.contentEncoding
  if (tidied.minimum === Number.MIN_SAFE_INTEGER) delete tidied.minimum
  if (tidied.maximum === Number.MAX_SAFE_INTEGER) delete tidied.maximum
  if (tidied.minLength === 0) delete tidied.minLength
  if (properties) tidied.properties = mapValues(properties as Record<string, JsonSchema>, tidy)
  if (items) tidied.items = tidy(items as JsonSchema)
  for (const [keyword, list] of Object.entries({ anyOf, oneOf, allOf }))
    if (list) tidied[keyword] = (list as JsonSchema[]).map(tidy)
  return nullable(tidied)
}

/** `anyOf` of one plain type and null, in its short form `type: [..., 'null']`. */
function nullable(schema: JsonSchema): JsonSchema {
  const { anyOf, ...rest } = schema
  if (!Array.isArray(anyOf) || anyOf.length !== 2) return schema
  const [first, second] = anyOf as [JsonSchema, JsonSchema]
  if (second.type !== 'null' || !isString(first.type) || first.enum !== undefined) return schema
  return { ...rest, ...first, type: [first.type, 'null'] }
}

function mapValues<T, R>(record: Record<string, T>, change: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]))
}
