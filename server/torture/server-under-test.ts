import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { clusterFolderOf } from '../src/platform/postgres/cluster.ts'
import { openEmbeddedPostgres } from '../src/platform/postgres/embedded-postgres.ts'
import { readPostmasterFile } from '../src/platform/postgres/postmaster-file.ts'
import { isPostmasterOf } from '../src/platform/postgres/process-info.ts'

/** What a kill hits: everything at once, the server alone, or its PostgreSQL alone (`kill -9`, immediate shutdown). */
export type Target = 'everything' | 'server' | 'postgres' | 'postgres-immediate'

const pollMs = 15
const giveUpMs = 60_000

/** The product as an operator runs it, on a folder and a port of its own, with its embedded PostgreSQL. */
export class ServerUnderTest {
  readonly url: string
  readonly dataDir: string
  readonly #folder: string
  readonly #environment: Record<string, string>
  #child: ChildProcess | null = null
  #isExpectedToEnd = false
  /** Set when the server ended though nobody had asked it to. */
  endedByItself: string | null = null

  constructor(folder: string, port: number, settings: Record<string, string>) {
    this.url = `http://127.0.0.1:${port}`
    this.dataDir = join(folder, 'data')
    this.#folder = folder
    this.#environment = { DATA_DIR: this.dataDir, PORT: String(port), LOG_LEVEL: 'warn', ...settings }
  }

  /** Starts it and resolves with the milliseconds until it was ready; null like `untilReady`. */
  async start(): Promise<number | null> {
    const startedAt = performance.now()
    const script = fileURLToPath(new URL('../src/main.ts', import.meta.url))
    const log = openSync(join(this.#folder, 'server.log'), 'a')
    // Another working directory, so that nobody's .env has a say.
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
      cwd: this.#folder,
      env: this.#environment,
      stdio: ['ignore', log, log],
    })
    closeSync(log)
    this.#child = child
    this.#isExpectedToEnd = false
    child.once('exit', (code, signal) => {
      if (!this.#isExpectedToEnd) this.endedByItself = `the server ended by itself (${code ?? signal})`
    })
    return this.untilReady(startedAt)
  }

  /** Waits until it is ready; returns the milliseconds since `from`, or null after a minute or where it has ended. */
  async untilReady(from: number): Promise<number | null> {
    while (performance.now() - from < giveUpMs) {
      const isReady = await fetch(`${this.url}/health/ready`, { signal: AbortSignal.timeout(2000) }).then(
        (response) => response.ok,
        () => false,
      )
      if (isReady) return performance.now() - from
      if (this.endedByItself) return null
      await sleep(pollMs)
    }
    return null
  }

  /** Kills without warning and resolves with the milliseconds until it was ready again; null like `untilReady`. */
  async killAndWait(target: Target): Promise<number | null> {
    const postmaster = await this.#postmaster()
    const killedAt = performance.now()
    if (target === 'everything' || target === 'server') {
      const pids = target === 'everything' && postmaster ? [postmaster, ...childrenOf(postmaster)] : []
      await this.#killServer(pids)
      return this.start()
    }
    if (postmaster === undefined) throw new Error('PostgreSQL is not running')
    const [signal, ...pids] =
      target === 'postgres' ? (['SIGKILL', ...childrenOf(postmaster)] as const) : (['SIGQUIT'] as const)
    for (const pid of [postmaster, ...pids]) send(pid, signal)
    while ((await this.#postmaster()) === postmaster) await sleep(pollMs)
    // Readiness may be up to a second old, so PostgreSQL itself is asked first.
    while ((await this.#postmaster()) === undefined && !this.endedByItself) await sleep(pollMs)
    return this.untilReady(killedAt)
  }

  /** Asks it to stop and waits, as Ctrl-C does. */
  async stop(): Promise<void> {
    this.#isExpectedToEnd = true
    if (!this.#child) return
    this.#child.kill('SIGTERM')
    await ended(this.#child)
  }

  /** All that can be done while this process exits: the server is killed, and PostgreSQL told to end at once. */
  abandon(): void {
    this.#isExpectedToEnd = true
    this.#child?.kill('SIGKILL')
    const file = join(clusterFolderOf(this.dataDir), 'postmaster.pid')
    const pid = existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) : 0
    if (pid > 1 && pid !== this.#child?.pid) send(pid, 'SIGQUIT')
  }

  /** A superuser's URL of the product's database, to look behind every rule. */
  async superuserUrl(): Promise<string> {
    const postgres = await openEmbeddedPostgres({ dataDir: this.dataDir, logger: pino({ level: 'silent' }) })
    const url = new URL(postgres.superuserUrl)
    url.pathname = new URL(postgres.runtimeUrl).pathname
    return url.href
  }

  async #killServer(others: number[]): Promise<void> {
    this.#isExpectedToEnd = true
    for (const pid of [this.#child?.pid ?? 0, ...others]) if (pid > 0) send(pid, 'SIGKILL')
    if (this.#child) await ended(this.#child)
  }

  /** The main process of a PostgreSQL that accepts connections. */
  async #postmaster(): Promise<number | undefined> {
    const folder = clusterFolderOf(this.dataDir)
    const file = await readPostmasterFile(folder)
    return file?.isReady && (await isPostmasterOf(file.pid, folder)) ? file.pid : undefined
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

/** Linux tells who belongs to whom; elsewhere PostgreSQL's processes end by themselves when their parent is gone. */
function childrenOf(parent: number): number[] {
  if (process.platform !== 'linux') return []
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.map(Number).filter((pid) => parentOf(pid) === parent)
}

function parentOf(pid: number): number | undefined {
  try {
    // pid (command) state ppid …; the command may hold blanks and brackets of its own.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return undefined
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It was faster.
  }
}
