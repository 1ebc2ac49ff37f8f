import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { unlimited } from '../test/support/unlimited.ts'
import { act, createActors } from './actors.ts'
import { Ledger, readLedger } from './ledger.ts'
import { breathe, type Load } from './load.ts'
import { createRandom, type Random } from './random.ts'
import { ServerUnderTest, type Target } from './server-under-test.ts'
import { unfinished, verify } from './verify.ts'

export interface TortureOptions {
  /** Kills of the server, its PostgreSQL, or both at once. */
  cycles: number
  /** Immediate restarts of PostgreSQL alone, after the cycles. */
  postgresRestarts: number
  seed: number
  clients: number
  /** Repeat unanswered POSTs with their `Idempotency-Key`. */
  usesKeys: boolean
  /** How long the server may take to be ready again. */
  readyLimitMs: number
  /** Told what happens, a line at a time. */
  say: (line: string) => void
}

export interface TortureReport {
  /** Empty when the server kept every promise. */
  violations: string[]
  /** The cycle (from 1) after which the first one was found. */
  failedCycle: number | null
  kills: Partial<Record<Target, number>>
  /** Milliseconds from each start or kill to `/health/ready`. */
  readyMs: number[]
  /** Milliseconds from the end of the load until no answer was under way. */
  settledMs: number
  acknowledged: number
  tally: Record<string, number>
  /** Where the data is, if something was wrong with it; removed otherwise. */
  folder: string
}

const settleLimitMs = 30_000
const users = 4
/** A comparison with the ledger after this many cycles, and at the end. */
const cyclesPerCheck = 10
const targets = { everything: 70, server: 15, postgres: 15 }

/** Starts the whole server, loads it, kills it again and again, and compares what is left with what was acknowledged. */
export async function torture(options: TortureOptions): Promise<TortureReport> {
  const folder = await mkdtemp(join(tmpdir(), 'chatbot-torture-'))
  const random = createRandom(options.seed)
  const upstream = await startUpstreamProcess()
  const server = new ServerUnderTest(folder, await freePort(random), {
    OPENAI_COMPATIBLE_BASE_URL: `${upstream.url}/v1`,
    LLM_MODEL: 'torture',
    ...unlimited,
    ACCESS_TOKEN_EXPIRE_MINUTES: '43200',
  })
  const abandon = () => server.abandon()
  process.once('exit', abandon)
  try {
    const report = await run(options, random, server, folder)
    await server.stop()
    if (report.violations.length === 0) await rm(folder, { recursive: true, force: true })
    return report
  } finally {
    server.abandon()
    process.off('exit', abandon)
    upstream.child.disconnect()
  }
}

async function run(
  options: TortureOptions,
  random: Random,
  server: ServerUnderTest,
  folder: string,
): Promise<TortureReport> {
  const ledgerPath = join(folder, 'ledger.jsonl')
  const load: Load = {
    ledger: await Ledger.create(ledgerPath),
    usesKeys: options.usesKeys,
    isStopped: false,
    tally: {},
    violations: [],
    sentRevisions: new Map(),
    requests: new Map(),
    paths: new Map(),
  }
  if ((await server.start()) === null) throw new Error(`The server did not start; see the log in ${folder}.`)
  const actors = await createActors(server.url, options.clients, users, options.seed)
  const report: TortureReport = {
    violations: load.violations,
    failedCycle: null,
    kills: {},
    readyMs: [],
    settledMs: 0,
    acknowledged: 0,
    tally: load.tally,
    folder,
  }
  const check = async () =>
    void load.violations.push(...(await verify(await server.superuserUrl(), await readLedger(ledgerPath), load)))
  const acting = Promise.all(actors.map((actor) => act(load, actor)))
  try {
    await killAndStart(options, random, server, report, check)
    await breathe(500)
  } finally {
    load.isStopped = true
    await acting
  }
  if (!server.endedByItself) {
    report.settledMs = await settle(server, load)
    await check()
  }
  report.acknowledged = load.ledger.size
  await load.ledger.close()
  if (load.violations.length > 0) report.failedCycle ??= options.cycles + options.postgresRestarts
  return report
}

/** All kills of a run; stops at the first cycle that left something wrong. */
async function killAndStart(
  { cycles, postgresRestarts, readyLimitMs, say }: TortureOptions,
  random: Random,
  server: ServerUnderTest,
  report: TortureReport,
  check: () => Promise<void>,
): Promise<void> {
  const last = cycles + postgresRestarts
  for (let cycle = 1; cycle <= last; cycle++) {
    await breathe(random.between(300, 1500))
    const target = cycle > cycles ? 'postgres-immediate' : random.weighted(targets)
    report.kills[target] = (report.kills[target] ?? 0) + 1
    const tookMs = await server.killAndWait(target)
    const readyMs = tookMs === null ? null : Math.round(tookMs)
    say(
      `cycle ${cycle} of ${last}: killed ${target}, ${readyMs === null ? 'not ready again' : `ready after ${readyMs} ms`}`,
    )
    if (readyMs !== null) report.readyMs.push(readyMs)
    if (readyMs === null || readyMs > readyLimitMs) report.violations.push(`cycle ${cycle}: ready too late or never`)
    else if (cycle % cyclesPerCheck === 0) await check()
    if (server.endedByItself) report.violations.push(server.endedByItself)
    if (report.violations.length > 0) {
      report.failedCycle = cycle
      return
    }
  }
}

/** Waits until no answer is under way. */
async function settle(server: ServerUnderTest, load: Load): Promise<number> {
  const url = await server.superuserUrl()
  const stoppedAt = performance.now()
  for (;;) {
    const left = await unfinished(url)
    const tookMs = performance.now() - stoppedAt
    if (left === 0) return tookMs
    if (tookMs > settleLimitMs) {
      load.violations.push(`${left} answers are still under way ${settleLimitMs / 1000} s after the load`)
      return tookMs
    }
    await breathe(200)
  }
}

async function startUpstreamProcess(): Promise<{ url: string; child: ChildProcess }> {
  const script = fileURLToPath(new URL('upstream-process.ts', import.meta.url))
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const [message] = (await once(child, 'message')) as [{ url: string }]
  return { url: message.url, child }
}

/** A port that is free and below those that outgoing connections get, so that it stays free between two starts. */
async function freePort(random: Random): Promise<number> {
  for (;;) {
    const port = random.between(20_000, 32_000)
    const probe = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false))
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
    })
    if (isFree) return port
  }
}
