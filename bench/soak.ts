import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, createClient } from '@chatbot-platform/client'
import { contract } from '@chatbot-platform/contract'
import pg from 'pg'
import { pino } from 'pino'
import { openEmbeddedPostgres } from '../server/src/platform/postgres/embedded-postgres.ts'
import { type BenchAccount, makeAccount, password } from './account.ts'
import { createChildren, serverEnv } from './children.ts'
import { openAgent, type Sender, senderOf, shoot } from './open-loop.ts'
import { round } from './support.ts'
import { isFlat, trendOf } from './trend.ts'

/**
 * A steady, moderate load of everything for a long time: turns, streams that are left early, lists, searches, documents
 * that come and go, sign-ins. Every 15 seconds memory, heap (after collecting garbage), descriptors, connections and the
 * size of the database are written down; in the end the second half says whether they are flat.
 *
 * `npm run bench:soak -- [minutes] [turns per second]`; up to 180 minutes and 200 turns.
 */
const [minutes = 30, perSecond = 10] = process.argv.slice(2).map(Number)
if (!(minutes > 0 && minutes <= 180 && perSecond > 0 && perSecond <= 200))
  throw new Error('up to 180 minutes, 200 turns/s')
const sampleEveryMs = 15_000
/** So many of a kind may be under way. */
const atOnce = 200
const email = 'soak@example.com'
const children = createChildren()
const dataDir = await mkdtemp(join(tmpdir(), 'chatbot-soak-'))
const agent = openAgent()
const leaving = new AbortController()

interface Sample {
  seconds: number
  rssMiB: number
  heapMiB: number
  descriptors: number
  connections: number
  databaseMiB: number
}

interface Chore {
  name: string
  everyMs: number
  work: () => Promise<unknown>
}

const done = new Map<string, { ended: number; failed: number; skipped: number }>()

try {
  await main()
} finally {
  leaving.abort()
  await agent.close()
  await children.stop()
  await rm(dataDir, { recursive: true, force: true })
}

async function main(): Promise<void> {
  const upstream = await children.start('upstream.ts', ['{"byModel":true}'])
  const { url, child } = await children.start('serve.ts', [], serverEnv(dataDir, upstream.url))
  const account = await makeAccount(url, email)
  const database = await openEmbeddedPostgres({ dataDir, logger: pino({ level: 'silent' }) })
  const admin = new pg.Client({ connectionString: database.superuserUrl.replace('/postgres?', '/chatbot?') })
  await admin.connect()
  console.log(`${cpus().length} cores, Node ${process.version}, ${minutes} minutes`)
  try {
    const loads = choresOf(url, account).map(repeat)
    const samples = await watch(child, admin)
    leaving.abort()
    await Promise.all(loads)
    report(samples)
  } finally {
    await admin.end()
  }
}

function choresOf(url: string, account: BenchAccount): Chore[] {
  const { projects } = account
  const projectId = projects.short ?? account.projectId
  const sender: Sender = senderOf(url, { token: account.token, projectId })
  const documents: string[] = []
  let uploads = 0
  // The token of the first sign-in ends within the soak.
  const signIn = async () => {
    const body = { username: email, password }
    sender.token = (await createClient({ baseUrl: url }).call(contract.auth.login, { body })).access_token
  }
  const signedIn = () => createClient({ baseUrl: url, token: sender.token })
  return [
    { name: 'turns', everyMs: 1000 / perSecond, work: () => turn(sender) },
    { name: 'streams left early', everyMs: 500, work: () => leaveEarly(url, sender.token, projects.slow ?? projectId) },
    { name: 'lists', everyMs: 250, work: () => list(signedIn(), projectId) },
    {
      name: 'searches',
      everyMs: 2000,
      work: () => signedIn().call(contract.search.messages, { query: { q: 'opening hours' } }),
    },
    {
      name: 'documents',
      everyMs: 20_000,
      work: async () => {
        uploads++
        documents.push(await upload(signedIn(), account.projectId, uploads))
        const oldest = documents.length > 5 ? documents.shift() : undefined
        if (oldest)
          await signedIn().call(contract.files.remove, {
            params: { project_id: account.projectId, file_id: oldest },
          })
      },
    },
    { name: 'sign-ins', everyMs: 10_000, work: signIn },
  ]
}

async function turn(sender: Sender): Promise<void> {
  const { status } = await shoot(sender, agent)
  if (status !== 200) throw new Error(`status ${status}`)
}

/** Reads until the first text has come, and goes; the answer ends without its reader. */
async function leaveEarly(url: string, token: string, projectId: string): Promise<void> {
  const leave = new AbortController()
  const client = createClient({ baseUrl: url, token })
  const body = { project_id: projectId, message: 'How do I get to your shop?', stream: true }
  const response = await client.send(contract.chat.send, { body, signal: leave.signal })
  const decoder = new TextDecoder()
  try {
    for await (const chunk of response.body ?? []) {
      if (decoder.decode(chunk, { stream: true }).includes('event: delta')) break
    }
  } finally {
    leave.abort()
  }
}

async function list(client: Client, projectId: string): Promise<void> {
  const { items } = await client.page(contract.sessions.list, {
    params: { project_id: projectId },
    query: { limit: 20 },
  })
  const newest = items[0]
  if (newest) await client.call(contract.sessions.messages, { params: { session_id: newest.id }, query: { limit: 50 } })
}

async function upload(client: Client, projectId: string, number: number): Promise<string> {
  const text = `# Opening hours ${number}\n\nWe are open from nine to five, and on Saturdays until noon.\n`
  const file = new File([text.repeat(50)], `hours-${number}.md`, { type: 'text/markdown' })
  const created = await client.call(contract.files.upload, {
    params: { project_id: projectId },
    body: { files: [file] },
  })
  const stored = created[0]?.file
  if (!stored) throw new Error('nothing was stored')
  return stored.id
}

/** Starts the chore at its pace until the end; one that does not keep up is skipped, so that nothing piles up. */
async function repeat({ name, everyMs, work }: Chore): Promise<void> {
  const count = { ended: 0, failed: 0, skipped: 0 }
  done.set(name, count)
  const underWay = new Set<Promise<void>>()
  const began = performance.now()
  for (let tick = 1; !leaving.signal.aborted; tick++) {
    if (underWay.size >= atOnce) count.skipped++
    else {
      const one = work().then(
        () => void count.ended++,
        (error: unknown) => {
          if (count.failed++ < 3) console.log(`${name}: ${error}`)
        },
      )
      underWay.add(one)
      void one.then(() => underWay.delete(one))
    }
    const pauseMs = Math.max(0, began + tick * everyMs - performance.now())
    await sleep(pauseMs, undefined, { signal: leaving.signal }).catch(() => undefined)
  }
  await Promise.race([Promise.all(underWay), sleep(10_000)])
}

async function watch(child: ChildProcess, admin: pg.Client): Promise<Sample[]> {
  const samples: Sample[] = []
  const began = performance.now()
  while (performance.now() - began < minutes * 60_000) {
    await sleep(Math.min(sampleEveryMs, minutes * 60_000))
    const sample = await look(child, admin, (performance.now() - began) / 1000)
    samples.push(sample)
    const figures = Object.entries(sample).map(([name, value]) => `${name} ${round(value, 1)}`)
    console.log(figures.join(', '))
  }
  return samples
}

async function look(child: ChildProcess, admin: pg.Client, seconds: number): Promise<Sample> {
  child.send('heap')
  const [{ rssKiB, heapKiB }] = await once(child, 'message')
  const { rows } = await admin.query(
    `SELECT pg_database_size(current_database()) / 1048576.0 AS size,
       (SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database()) AS connections`,
  )
  return {
    seconds,
    rssMiB: rssKiB / 1024,
    heapMiB: heapKiB / 1024,
    // Linux alone tells.
    descriptors: await readdir(`/proc/${child.pid}/fd`).then(
      ({ length }) => length,
      () => Number.NaN,
    ),
    connections: rows[0].connections,
    databaseMiB: Number(rows[0].size),
  }
}

function report(samples: Sample[]): void {
  for (const [name, { ended, failed, skipped }] of done) {
    console.log(`${name}: ${ended} done, ${failed} failed, ${skipped} skipped`)
  }
  const half = samples.slice(Math.floor(samples.length / 2))
  if (half.length < 4) {
    console.log('too short to say whether anything grows')
    return
  }
  const xs = half.map(({ seconds }) => seconds)
  const hours = ((xs.at(-1) ?? 0) - (xs[0] ?? 0)) / 3600
  for (const name of ['rssMiB', 'heapMiB', 'descriptors', 'connections', 'databaseMiB'] as const) {
    const trend = trendOf(
      xs,
      half.map((sample) => sample[name]),
    )
    const verdict = name === 'databaseMiB' ? 'grows by what is stored' : isFlat(trend) ? 'flat' : 'NOT flat'
    const { mean, rise, error } = trend
    console.log(
      `${name}: mean ${round(mean)}, ${round(rise / hours, 2)} ± ${round((2 * error) / hours, 2)} an hour: ${verdict}`,
    )
  }
}
