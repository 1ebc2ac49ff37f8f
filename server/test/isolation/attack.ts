import { Pool } from 'undici'
import { createRandom, type Random } from '../../torture/random.ts'
import { bodyText } from '../fuzz/bodies.ts'
import { readOperations } from '../fuzz/operations.ts'
import type { TestApp } from '../support/app.ts'
import { type Foreign, madeUp, ofTenant, type Reach, respelled, type Way, waysInto } from './attempts.ts'
import { createTenant, type Tenant } from './tenants.ts'

export interface AttackOptions {
  app: TestApp
  /** Who is reached for; they do nothing meanwhile. */
  victims: Tenant[]
  /** At least one for every way there is, unless `untilLeak` ends it before. */
  attempts: number
  seed: number
  senders?: number
  /** Stop at the first leak. */
  untilLeak?: boolean
}

export interface AttackReport {
  attempts: number
  /** How many pairs of an operation and a place there are; each was tried. */
  ways: number
  /** How many were answered with a success, with the sender's own things: the others prove something only if these are there. */
  succeeded: number
  /** What came through, each with the way it took. */
  leaks: string[]
}

interface Answer {
  status: number
  text: string
  /** Without what differs from answer to answer: ids and the time. */
  shape: string
}

/** Reaches from some tenants for what others own, in every way there is, and then in random ones. */
export async function attack(options: AttackOptions): Promise<AttackReport> {
  const { app, victims, attempts, seed, senders = 3, untilLeak = false } = options
  const random = createRandom(seed)
  const ways = shuffled(random, waysInto(await readOperations(app.url)))
  // A new sender costs as much as a dozen attempts: once all was tried, ways that use one up are taken more rarely.
  const lasting = ways.filter(({ operation, isIdentity }) => isIdentity || !endings.has(operation.name))
  const report: AttackReport = { attempts: 0, ways: ways.length, succeeded: 0, leaks: [] }
  const words = victims.map(({ word }) => word)
  const secrets = victims.flatMap(({ word, ids, claims }) => [word, ...Object.values(ids), ...Object.values(claims)])
  app.upstream.answers(({ body }) => {
    if (words.some((word) => JSON.stringify(body).includes(word))) report.leaks.push('the model was told of a victim')
    return undefined
  })
  const pool = new Pool(app.url, { connections: senders })
  const unknown = new Map<string, Answer>()
  const work = async () => {
    let sender = await createTenant(app)
    while (report.attempts < attempts && !(untilLeak && report.leaks.length > 0)) {
      const way = ways[report.attempts] ?? pick(random, random.next() < 0.9 ? lasting : ways)
      report.attempts += 1
      const victim = respelled(random, ofTenant(pick(random, victims)))
      const attempt: Attempt = { pool, way, sender, victim, secrets }
      const { answer, leaks } = await attemptOnce(attempt, unknown)
      if (answer.status < 300) report.succeeded += 1
      report.leaks.push(...leaks.map((leak) => `${way.operation.name}, ${way.place}: ${leak}`))
      if (isSpent(way, answer.status)) sender = await createTenant(app)
    }
  }
  try {
    await Promise.all(Array.from({ length: senders }, work))
  } finally {
    await pool.destroy()
  }
  return report
}

interface Attempt {
  pool: Pool
  way: Way
  sender: Tenant
  victim: Foreign
  /** What only the victims know: their texts and ids. */
  secrets: string[]
}

async function attemptOnce(attempt: Attempt, known: Map<string, Answer>) {
  const { pool, way, sender, victim, secrets } = attempt
  const reach = way.reach(sender, victim)
  const answer = await send(pool, reach)
  const asked = JSON.stringify(reach).toLowerCase()
  const told = secrets.filter((secret) => answer.text.includes(secret) && !asked.includes(secret))
  const leaks: string[] = told.map((secret) => (isUuid.test(secret) ? 'told an id' : 'told a text'))
  if (answer.status >= 500) leaks.push(`answered ${answer.status}`)
  if (way.place === 'token' && answer.status !== 401) leaks.push(`answered ${answer.status} to a forged token`)
  if (way.isIdentity) leaks.push(...(await differences(attempt, answer, known)))
  return { answer, leaks }
}

const isUuid = /^[\da-f]{8}-/

/** A foreign id must be answered as one that nobody has. What was remembered of that is asked again before it counts. */
async function differences({ pool, way, sender, victim }: Attempt, answer: Answer, known: Map<string, Answer>) {
  const name = `${way.operation.name} ${way.place}`
  const remembered = known.get(name)
  if (remembered?.shape === answer.shape) return []
  const unknown = await send(pool, way.reach(sender, madeUp()))
  known.set(name, unknown)
  if (unknown.shape === answer.shape) return []
  const again = await send(pool, way.reach(sender, victim))
  if (unknown.shape === again.shape && unknown.status === answer.status) return []
  return [`told apart from an unknown id: ${answer.status} ${answer.shape.slice(0, 200)}, not ${unknown.status}`]
}

async function send(pool: Pool, { method, path, query, headers, body }: Reach): Promise<Answer> {
  const search = new URLSearchParams(query)
  const response = await pool.request({
    method: method as 'GET',
    path: query.length > 0 ? `${path}?${search}` : path,
    headers,
    body: body ? bodyText(headers['content-type']?.split(';')[0] ?? '', body) : null,
  })
  const text = JSON.stringify(response.headers) + (await response.body.text())
  const type = String(response.headers['content-type']).split(';')[0]
  const shape = `${type} ${text.slice(text.indexOf('}') + 1)}`
    .replaceAll(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/gi, '<id>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
  return { status: response.statusCode, text, shape: `${response.statusCode} ${shape}` }
}

// After these the sender has lost its account, its credentials or what its requests name.
const endings = new Set([
  'users.remove',
  'users.update',
  'auth.password',
  'projects.remove',
  'sessions.remove',
  'files.remove',
])

const isSpent = (way: Way, status: number) => endings.has(way.operation.name) && status < 300

function pick<T>(random: Random, items: readonly T[]): T {
  const item = random.oneOf(items)
  if (item === undefined) throw new Error('there is nothing to choose from')
  return item
}

function shuffled<T>(random: Random, items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, key: random.next() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item)
}
