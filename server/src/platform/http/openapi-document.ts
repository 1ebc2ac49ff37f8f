import { allEndpoints, type Endpoint } from '@chatbot-platform/contract'
import manifest from '../../../package.json' with { type: 'json' }
import { type OperationName, type OperationNote, operationNotes, tagNotes } from './openapi-notes.ts'
import { responseHeaders, responsesOf } from './openapi-responses.ts'
import { collectSchemas, type JsonSchema, type SchemaCollector } from './openapi-schemas.ts'

export interface OpenApiDocument {
  openapi: '3.1.1'
  info: JsonSchema
  servers: JsonSchema[]
  tags: { name: string; description: string | undefined }[]
  paths: Record<string, Record<string, JsonSchema>>
  components: Record<'schemas' | 'headers' | 'securitySchemes', Record<string, JsonSchema>>
}

const description = `Create chatbots and talk to them.

Errors are problem documents (RFC 9457) of the type \`application/problem+json\`: branch on \`code\`, show \`detail\`.
Lists are plain arrays; \`limit\` sets the size of a page and the \`Link\` header leads to the next one. Times are UTC.
Something that belongs to somebody else answers like something that does not exist: 404.`

/**
 * The API as an OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.1.html), made from the contract: an endpoint
 * is in it the moment it is declared.
 */
export function buildOpenApi(): OpenApiDocument {
  const schemas = collectSchemas()
  const paths: OpenApiDocument['paths'] = {}
  for (const [name, endpoint] of allEndpoints()) {
    const operations = paths[endpoint.path] ?? {}
    operations[endpoint.method.toLowerCase()] = operation(name, endpoint, schemas)
    paths[endpoint.path] = operations
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Chatbot Platform',
      version: manifest.version,
      description,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'This server' }],
    tags: [...new Set(allEndpoints().map(([, { tag }]) => tag))].map((name) => ({ name, description: tagNotes[name] })),
    paths,
    components: { schemas: sorted(schemas.components), headers: responseHeaders, securitySchemes },
  }
}

const securitySchemes: Record<string, JsonSchema> = {
  password: {
    type: 'oauth2',
    description: 'Sign in with e-mail address and password; leave the client fields empty.',
    flows: { password: { tokenUrl: '/auth/login', scopes: {} } },
  },
  bearer: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'An access token from `/auth/login` or `/auth/refresh`.',
  },
}

function operation(name: string, endpoint: Endpoint, schemas: SchemaCollector): JsonSchema {
  const note = operationNotes[name as OperationName] ?? {}
  const parameters = parametersOf(endpoint, note, schemas)
  return {
    operationId: name,
    tags: [endpoint.tag],
    // Viewers show a summary as plain text.
    summary: endpoint.summary.replaceAll('`', ''),
    ...(note.description ? { description: note.description } : {}),
    security: endpoint.access === 'user' ? [{ password: [] }, { bearer: [] }] : [],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(endpoint.body ? { requestBody: bodyOf(endpoint.body, endpoint, note, schemas) } : {}),
    responses: responsesOf(name, endpoint, note, schemas),
  }
}

const mediaTypes = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  multipart: 'multipart/form-data',
}

function bodyOf(
  body: NonNullable<Endpoint['body']>,
  endpoint: Endpoint,
  note: OperationNote,
  schemas: SchemaCollector,
) {
  const type = mediaTypes[endpoint.bodyType ?? 'json']
  const example = note.example === undefined ? {} : { example: note.example }
  return { required: true, content: { [type]: { schema: schemas.refer(body, 'input'), ...example } } }
}

function parametersOf({ params, query }: Endpoint, note: OperationNote, schemas: SchemaCollector): JsonSchema[] {
  return [
    ...Object.entries(params?.shape ?? {}).map(([name, schema]) => ({
      name,
      in: 'path',
      required: true,
      schema: schemas.refer(schema, 'output'),
    })),
    // The meaning of a query value (a number, a boolean) is its parsed form; on the wire each is text.
    ...Object.entries(query?.shape ?? {}).map(([name, schema]) => ({
      name,
      in: 'query',
      required: !schema.safeParse(undefined).success,
      schema: schemas.refer(schema, 'output'),
    })),
    ...Object.entries(note.headers ?? {}).map(([name, meaning]) => ({
      name,
      in: 'header',
      required: false,
      description: meaning,
      schema: { type: 'string' },
    })),
  ]
}

function sorted<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
}
