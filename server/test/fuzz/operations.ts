import { z } from 'zod'

/** The keywords of JSON Schema that the API's document uses to say what a caller may send. */
export interface Schema {
  $ref?: string
  type?: string | string[]
  format?: string
  pattern?: string
  enum?: unknown[]
  const?: unknown
  default?: unknown
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  maxItems?: number
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  anyOf?: Schema[]
  oneOf?: Schema[]
}

export interface Parameter {
  name: string
  in: 'path' | 'query' | 'header'
  required: boolean
  schema: Schema
}

/** One operation of the document, its references resolved. */
export interface Operation {
  name: string
  method: string
  path: string
  isSecured: boolean
  parameters: Parameter[]
  body: { mediaType: string; schema: Schema } | null
  /** What it may answer: by status, by media type, a check; `null` where the document names no content. */
  responses: Map<number, Map<string, z.ZodType> | null>
}

interface Document {
  paths: Record<string, Record<string, Described>>
  components: { schemas: Record<string, Schema> }
}

type Content = Record<string, { schema: Schema }>

interface Described {
  operationId: string
  security: unknown[]
  parameters?: Parameter[]
  requestBody?: { content: Content }
  responses: Record<string, { content?: Content }>
}

/** Reads what a running server publishes about itself. */
export async function readOperations(baseUrl: string): Promise<Operation[]> {
  const { paths, components } = (await (await fetch(`${baseUrl}/openapi.json`)).json()) as Document
  const checks = new Map<string, z.ZodType>()
  const checkOf = (schema: Schema) => {
    const text = JSON.stringify(schema)
    const check = checks.get(text) ?? toCheck(text, components.schemas)
    checks.set(text, check)
    return check
  }
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]): Operation => {
      const [body] = Object.entries(described.requestBody?.content ?? {})
      return {
        name: described.operationId,
        method: method.toUpperCase(),
        path,
        isSecured: described.security.length > 0,
        parameters: described.parameters ?? [],
        body: body ? { mediaType: body[0], schema: resolve(body[1].schema, components.schemas) } : null,
        responses: new Map(
          Object.entries(described.responses).map(([status, { content }]) => [
            Number(status),
            content ? new Map(Object.entries(content).map(([type, { schema }]) => [type, checkOf(schema)])) : null,
          ]),
        ),
      }
    }),
  )
}

/** The schema, standing on its own: what it refers to comes along under the name that JSON Schema has for that. */
function toCheck(schema: string, schemas: Document['components']['schemas']): z.ZodType {
  const text = `${schema.slice(0, -1)}${schema === '{}' ? '' : ','}"$defs":${JSON.stringify(schemas)}}`
  return z.fromJSONSchema(JSON.parse(text.replaceAll('#/components/schemas/', '#/$defs/')))
}

/** The same schema without references, for the generator to walk through. */
function resolve(schema: Schema, schemas: Record<string, Schema>): Schema {
  if (schema.$ref) return resolve(schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {}, schemas)
  const { properties, items, anyOf, oneOf } = schema
  const each = (list: Schema[]) => list.map((one) => resolve(one, schemas))
  return {
    ...schema,
    ...(items ? { items: resolve(items, schemas) } : {}),
    ...(anyOf ? { anyOf: each(anyOf) } : {}),
    ...(oneOf ? { oneOf: each(oneOf) } : {}),
    ...(properties
      ? {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, one]) => [name, resolve(one, schemas)]),
          ),
        }
      : {}),
  }
}
