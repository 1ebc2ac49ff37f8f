import { newId } from '../../src/platform/ids.ts'
import type { Random } from '../../torture/random.ts'
import { formType } from '../fuzz/bodies.ts'
import type { Operation, Schema } from '../fuzz/operations.ts'
import { bodies, madeUpIds, params, queries, type Resources } from '../tenancy/samples.ts'
import type { Tenant } from './tenants.ts'

/** A request with its parts still apart. */
export interface Reach {
  method: string
  path: string
  query: [name: string, value: string][]
  headers: Record<string, string>
  body: Record<string, unknown> | null
}

/**
 * One way to reach for what is another tenant's: an operation and the place where something foreign stands. Of an
 * `identity` the answer must be that of an id that nobody has; of anything else it only must not tell or change anything.
 */
export interface Way {
  operation: Operation
  place: string
  isIdentity: boolean
  /** The request, with what `foreign` has at this place and everything else the sender's own. */
  reach(sender: Tenant, foreign: Foreign): Reach
}

/** What stands at the foreign place: of a tenant, or made up. */
export type Foreign = Pick<Tenant, 'ids' | 'claims' | 'cursors' | 'word'> & { token: string }

export const ofTenant = ({ ids, claims, cursors, word, user }: Tenant): Foreign => ({
  ...{ ids, claims, cursors, word },
  token: user.token,
})

/** Of the same shape as a tenant's, and nobody's. */
export function madeUp(): Foreign {
  const ids = madeUpIds()
  const claims = { wid: newId(), sub: newId(), sid: newId() }
  return { ids, claims, cursors: {}, word: `nothing${newId().slice(-12)}`, token: '' }
}

/** Every operation for users, with every place of it at which an id can stand. */
export function waysInto(operations: readonly Operation[]): Way[] {
  return operations
    .filter(({ isSecured }) => isSecured)
    .flatMap((operation) => [
      ...pathWays(operation),
      ...queryWays(operation),
      ...bodyWays(operation),
      ...besideWays(operation),
    ])
}

const isId = ({ format, anyOf }: Schema): boolean => format === 'uuid' || anyOf?.some(isId) === true

type Ids = Partial<Resources>

/** Under this name stands which of the resources; the message to edit is a question. */
function idFor(operation: Operation, name: string, ids: Resources): string {
  const known: Ids = { ...ids, ...params[operation.name]?.(ids) }
  return known[name === 'around' ? 'message_id' : (name as keyof Resources)] ?? ''
}

function base(operation: Operation, sender: Tenant): Reach {
  const { name, path, method, body } = operation
  const sample = body ? (bodies[name]?.(sender.ids) ?? {}) : null
  const type = body?.mediaType === 'multipart/form-data' ? formType : 'application/json'
  return {
    method,
    path: path.replace(/\{(\w+)\}/g, (_, parameter: string) => idFor(operation, parameter, sender.ids)),
    query: Object.entries({ ...queries[name]?.(sender.ids), ...ownQueries(sender)[name] }),
    headers: { authorization: `Bearer ${sender.user.token}`, ...(body ? { 'content-type': type } : {}) },
    body: sample,
  }
}

/** Queries whose answers have much in them. */
const ownQueries = ({ word }: Tenant): Record<string, Record<string, string>> => ({
  'search.messages': { q: word },
  'usage.get': { group_by: 'day,project' },
})

function pathWays(operation: Operation): Way[] {
  const names = operation.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)
  const sets = names.length > 1 ? [...names.map((name) => [name]), names] : names.map((name) => [name])
  return sets.flatMap((chosen) => {
    const reach: Way['reach'] = (sender, foreign) => ({
      ...base(operation, sender),
      path: operation.path.replace(/\{(\w+)\}/g, (_, name: string) =>
        idFor(operation, name, chosen.includes(name) ? foreign.ids : sender.ids),
      ),
    })
    const way = { operation, place: `path ${chosen.join('+')}`, isIdentity: true, reach }
    return [way, ...streamed(way), ...exported(way)]
  })
}

function queryWays(operation: Operation): Way[] {
  const names = operation.parameters.filter((one) => one.in === 'query' && isId(one.schema)).map(({ name }) => name)
  const identities = names.map((name): Way => {
    const reach: Way['reach'] = (sender, foreign) => {
      const own = base(operation, sender)
      const query = own.query.filter(([known]) => known !== name)
      // The word of the other tenant too: nothing of it may be found.
      const asked = query.map(([known, value]): [string, string] => [known, known === 'q' ? foreign.word : value])
      return { ...own, query: [...asked, [name, idFor(operation, name, foreign.ids)]] }
    }
    return { operation, place: `query ${name}`, isIdentity: true, reach }
  })
  const cursor: Way = {
    operation,
    place: 'cursor',
    isIdentity: false,
    reach: (sender, foreign) => {
      const own = base(operation, sender)
      return { ...own, query: [...own.query, ['cursor', foreign.cursors[operation.name] ?? 'W10']] }
    },
  }
  const word: Way = {
    operation,
    place: 'query q',
    isIdentity: true,
    reach: (sender, foreign) => ({ ...base(operation, sender), query: [['q', foreign.word]] }),
  }
  const has = (name: string) => operation.parameters.some((one) => one.in === 'query' && one.name === name)
  return [...identities, ...(has('cursor') ? [cursor] : []), ...(has('q') ? [word] : [])]
}

function bodyWays(operation: Operation): Way[] {
  const fields = Object.entries(operation.body?.schema.properties ?? {}).filter(([, schema]) => isId(schema))
  const alone = fields.flatMap(([name]) => {
    const reach: Way['reach'] = (sender, foreign) => {
      const own = base(operation, sender)
      return { ...own, body: { ...own.body, [name]: idFor(operation, name, foreign.ids) } }
    }
    const way = { operation, place: `body ${name}`, isIdentity: true, reach }
    return [way, ...streamed(way)]
  })
  const others = (names: string[]) => fields.filter(([name]) => !names.includes(name)).map(([name]) => name)
  const onlyForeign = (place: string, left: string[]): Way => ({
    operation,
    place,
    isIdentity: true,
    reach: (sender, foreign) => {
      const own = base(operation, sender)
      const ids = fields.map(([name]): [string, string | null] => {
        return [name, left.includes(name) ? null : idFor(operation, name, foreign.ids)]
      })
      return { ...own, body: { ...own.body, ...Object.fromEntries(ids) } }
    },
  })
  if (fields.length < 2) return alone
  const lone = fields
    .filter(([name]) => operation.body?.schema.required?.includes(name))
    .map(([name]) => onlyForeign(`body ${name} without others`, others([name])))
  return [...alone, ...lone, onlyForeign('every id of the body', [])]
}

/** The same as a stream, where the operation has one. */
function streamed(way: Way): Way[] {
  if (way.operation.responses.get(200)?.has('text/event-stream') !== true) return []
  const reach: Way['reach'] = (sender, foreign) => {
    const plain = way.reach(sender, foreign)
    return { ...plain, headers: { ...plain.headers, accept: 'text/event-stream', 'last-event-id': '1' } }
  }
  return [{ ...way, place: `${way.place}, as a stream`, reach }]
}

/** The same in the other form, where the operation exports. */
function exported(way: Way): Way[] {
  if (way.operation.responses.get(200)?.has('text/markdown') !== true) return []
  const reach: Way['reach'] = (sender, foreign) => ({ ...way.reach(sender, foreign), query: [['format', 'json']] })
  return [{ ...way, place: `${way.place}, exported as JSON`, reach }]
}

/** Places that name nothing by the document, and that a careless server might read all the same. */
function besideWays(operation: Operation): Way[] {
  const way = (place: string, change: (own: Reach, foreign: Foreign, sender: Tenant) => Reach): Way => ({
    operation,
    place,
    isIdentity: false,
    reach: (sender, foreign) => change(base(operation, sender), foreign, sender),
  })
  const names = ({ claims, ids }: Foreign) => ({
    workspace_id: claims.wid,
    user_id: claims.sub,
    id: ids.project_id,
    ...ids,
  })
  const nothing = way('nothing', (own) => own)
  const headers = way('unknown headers', (own, { claims }) => ({
    ...own,
    headers: {
      ...own.headers,
      'x-workspace-id': claims.wid,
      'x-user-id': claims.sub,
      cookie: `refresh_token=${claims.sid}`,
    },
  }))
  const query = way('unknown query', (own, foreign) => ({
    ...own,
    query: [
      ...own.query,
      ...Object.entries(names(foreign)).filter(([name]) => !own.query.some(([known]) => known === name)),
    ],
  }))
  const body = way('unknown fields', (own, foreign) => ({ ...own, body: { ...names(foreign), ...own.body } }))
  const key = way('idempotency key', (own) => ({ ...own, headers: { ...own.headers, 'idempotency-key': 'resources' } }))
  const token = way('token', (own, { token: foreignToken }, { user }) => ({
    ...own,
    headers: { ...own.headers, authorization: `Bearer ${spliced(user.token, foreignToken)}` },
  }))
  return [
    nothing,
    headers,
    query,
    token,
    ...(operation.body ? [body] : []),
    ...(operation.method === 'POST' ? [key] : []),
  ]
}

/** The claims of one token under the signature of another. */
function spliced(own: string, foreign: string): string {
  const [header, , signature] = own.split('.')
  return [header, foreign.split('.')[1] ?? '', signature].join('.')
}

/** The same ids spelled in another way, now and then. */
export function respelled(random: Random, foreign: Foreign): Foreign {
  if (random.next() < 0.8) return foreign
  const ids = Object.entries(foreign.ids).map(([name, id]) => [name, id.toUpperCase()])
  return { ...foreign, ids: Object.fromEntries(ids) as Resources }
}
