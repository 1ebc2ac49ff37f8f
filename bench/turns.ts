import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { pino } from 'pino'
import { openEmbeddedPostgres } from '../server/src/platform/postgres/embedded-postgres.ts'
import { makeAccount } from './account.ts'
import { createChildren, serverEnv } from './children.ts'
import { type LoadResult, load, round } from './support.ts'

/**
 * Turns per second of the whole server, non-streaming, with an upstream that answers at once, and of the floor: bare
 * Fastify and `pg` with the same two durable statements. Both run on the same embedded database, in one run, in turn.
 * A conversation has ten turns; then its client begins the next one.
 *
 * `npm run bench:turns -- [seconds per measurement] [rounds]`
 */
const [seconds = 4, rounds = 3] = process.argv.slice(2).map(Number)
const turnsPerSession = 10
const question = 'What are your opening hours at the weekend, please?'
const children = createChildren()
const dataDir = await mkdtemp(join(tmpdir(), 'chatbot-bench-'))

interface Target {
  name: string
  url: string
  headers: Record<string, string>
}

try {
  await main()
} finally {
  await children.stop()
  await rm(dataDir, { recursive: true, force: true })
}

async function main(): Promise<void> {
  const upstream = await children.start('upstream.ts', [JSON.stringify({ text: ['Hello', ' there', '.'] })])
  const { url: server } = await children.start('serve.ts', [], serverEnv(dataDir, upstream.url))
  const account = await makeAccount(server)
  const database = await openEmbeddedPostgres({ dataDir, logger: pino({ level: 'silent' }) })
  console.log(`${cpus().length} cores, Node ${process.version}, PostgreSQL ${database.version}`)
  console.log(await assertDurable(database.superuserUrl))
  const { workspaceId, projectId } = account
  const floorOptions = { url: database.runtimeUrl, poolSize: 16, workspaceId, projectId }
  const { url: floor } = await children.start('floor.ts', [JSON.stringify(floorOptions)])
  const targets: Target[] = [
    { name: 'server', url: `${server}/chat`, headers: { authorization: `Bearer ${account.token}` } },
    { name: 'floor', url: `${floor}/chat`, headers: {} },
  ]
  for (const clients of [1, 16, 64]) await compare(targets, clients, account.projectId)
}

async function compare(targets: Target[], clients: number, projectId: string): Promise<void> {
  const results = new Map<string, LoadResult[]>(targets.map(({ name }) => [name, []]))
  for (let count = 0; count < rounds; count++) {
    for (const target of targets) results.get(target.name)?.push(await measure(target, clients, projectId))
  }
  const medians = targets.map(({ name }) => median(results.get(name) ?? []))
  targets.forEach(({ name }, index) => {
    const { perSecond, p50, p99, failures } = medians[index] as LoadResult
    const figures = `${round(perSecond, 0)} turns/s, p50 ${round(p50, 2)} ms, p99 ${round(p99, 2)} ms`
    console.log(`${name.padEnd(7)} ${String(clients).padStart(2)} clients: ${figures}, ${failures} failures`)
  })
  const [server, floor] = medians
  if (server && floor)
    console.log(`ratio   ${String(clients).padStart(2)} clients: ${round(server.perSecond / floor.perSecond, 2)}`)
}

function measure(target: Target, clients: number, projectId: string): Promise<LoadResult> {
  const sessions = Array.from({ length: clients }, () => ({ id: '', turns: 0 }))
  return load({
    clients,
    seconds,
    next: (client) => {
      const session = sessions[client] ?? { id: '', turns: 0 }
      const body = { project_id: projectId, message: question, ...(session.id ? { session_id: session.id } : {}) }
      return {
        url: target.url,
        headers: { 'content-type': 'application/json', ...target.headers },
        body: JSON.stringify(body),
      }
    },
    done: (client, text) => {
      const session = sessions[client]
      if (!session) return
      session.turns += 1
      session.id = session.turns % turnsPerSession === 0 ? '' : JSON.parse(text).session_id
    },
  })
}

async function assertDurable(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query(
    "SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit, current_setting('full_page_writes') AS pages",
  )
  await client.end()
  if (rows[0].fsync !== 'on' || rows[0].commit !== 'on' || rows[0].pages !== 'on') throw new Error('durability is off')
  return 'fsync, synchronous_commit and full_page_writes are on'
}

function median(results: LoadResult[]): LoadResult {
  const sorted = results.toSorted((a, b) => a.perSecond - b.perSecond)
  const middle = sorted[Math.floor(sorted.length / 2)]
  if (!middle) throw new Error('nothing was measured')
  return middle
}
