import type { z } from 'zod'

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

/**
 * Who may call: `public` needs no credentials; `user` needs a bearer access token. The server refuses to boot with a
 * route that declares neither.
 */
export type Access = 'public' | 'user'

/**
 * One operation of the API as data. Server routes, the client, the OpenAPI document and the tenancy battery all read
 * this object, so a shape is written once.
 */
export interface Endpoint {
  readonly method: Method
  /** The path with `{parameter}` placeholders, as OpenAPI writes them. */
  readonly path: string
  readonly access: Access
  /** The status of success. 204 answers carry no body. */
  readonly status: 200 | 201 | 202 | 204
  readonly summary: string
  readonly tag: string
  readonly params?: z.ZodObject
  readonly query?: z.ZodObject
  readonly body?: z.ZodType
  /** How the body is sent; `form` is `application/x-www-form-urlencoded`, `multipart` `multipart/form-data`. JSON when absent. */
  readonly bodyType?: 'json' | 'form' | 'multipart'
  /** For a list: the type of one item; the answer is a plain array with the next page in a `Link` header. */
  readonly item?: z.ZodType
  readonly response?: z.ZodType
  /** Set where the answer may also be a `text/event-stream` of these events. */
  readonly events?: z.ZodType
  /** Set where `Prefer: respond-async` (RFC 7240) is honoured: the body of the 202, whose `Location` is to be polled. */
  readonly accepted?: z.ZodType
  /** Set where the answer may also be a file of this media type, or of this range of them. */
  readonly file?: string
}

/** Declares an endpoint, keeping the exact types of its schemas. */
export function endpoint<const E extends Endpoint>(definition: E): E {
  return definition
}

type InputOf<S> = S extends z.ZodType ? z.input<S> : undefined
type OutputOf<S> = S extends z.ZodType ? z.output<S> : undefined

/** What a caller passes: path parameters, query and body in wire form. */
export type CallInput<E extends Endpoint> = {
  [K in 'params' | 'query' | 'body' as E[K] extends z.ZodType ? K : never]: InputOf<E[K]>
}

/** What the server hands to a handler, parsed. */
export type CallOutput<E extends Endpoint> = {
  [K in 'params' | 'query' | 'body' as E[K] extends z.ZodType ? K : never]: OutputOf<E[K]>
}

/** The body of a successful answer; `undefined` for 204. */
export type ResponseOf<E extends Endpoint> = E['item'] extends z.ZodType
  ? z.output<E['item']>[]
  : E['response'] extends z.ZodType
    ? z.output<E['response']>
    : undefined

/** Fills `{placeholders}` of a path, each value percent-encoded. Throws on a missing one. */
export function fillPath(path: string, params: Record<string, string> = {}): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name]
    if (value === undefined) throw new Error(`missing path parameter ${name}`)
    return encodeURIComponent(value)
  })
}
