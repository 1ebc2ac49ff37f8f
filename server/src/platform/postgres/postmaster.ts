import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../logger.ts'
import type { PostgresBinaries } from './binaries.ts'
import { clusterArgument } from './cluster.ts'
import { EmbeddedPostgresError, hasCode } from './embedded-postgres-error.ts'
import { readLogSince } from './log-file.ts'
import { disownPostmasterFile, readPostmasterFile } from './postmaster-file.ts'
import type { ProcessIdentity } from './process-identity.ts'
import { isPostmasterOf } from './process-info.ts'
import { postgresEnvironment, runCommand } from './run-command.ts'
import { addressSettings, removeStaleSocket, type ServerAddress } from './server-address.ts'

/** A running PostgreSQL main process: our child, or one that an earlier run left behind. */
export interface Postmaster {
  readonly pid: number
  readonly address: ServerAddress
  isRunning(): Promise<boolean>
  /** Resolves when it has ended, for whatever reason. */
  readonly exited: Promise<void>
}

/** All it takes to start one, the same each time. */
export interface PostmasterOptions {
  binaries: PostgresBinaries
  identity: ProcessIdentity | undefined
  clusterFolder: string
  logFile: string
  address: ServerAddress
  settings: Record<string, string>
  logger: Logger
}

const pollIntervalMs = 5
const adoptedPollIntervalMs = 250
const slowStartMs = 3_000
/** How long the processes of a crashed server may hold on to its shared memory, or a port may stay taken. */
const occupiedTimeoutMs = 15_000
const fastShutdownTimeoutMs = 30_000
const immediateShutdownTimeoutMs = 10_000

/**
 * Starts PostgreSQL and resolves when it accepts connections, crash recovery included, however long that takes.
 *
 * It gets a process group of its own, since a terminal's Ctrl-C must not stop it before its users are done.
 *
 * @throws EmbeddedPostgresError with the end of its log when it does not come up
 */
export async function launchPostmaster(options: PostmasterOptions): Promise<Postmaster> {
  const deadline = performance.now() + occupiedTimeoutMs
  for (;;) {
    await removeStaleSocket(options.address)
    await disownPostmasterFile(options.clusterFolder)
    const result = await launchOnce(options)
    if (typeof result !== 'string') return result
    const isOccupied = /pre-existing shared memory|lock file .* already exists|in use/.test(result)
    if (!isOccupied || performance.now() > deadline) {
      throw new EmbeddedPostgresError(`The embedded PostgreSQL did not start; ${options.logFile} ends with:\n${result}`)
    }
    await sleep(100)
  }
}

/** A handle on the PostgreSQL that already runs on this cluster; it is ours, but no child of this process. */
export function adoptPostmaster(pid: number, address: ServerAddress, clusterFolder: string): Postmaster {
  const isRunning = () => isPostmasterOf(pid, clusterFolder)
  return { pid, address, isRunning, exited: pollUntilExited(isRunning) }
}

/**
 * Stops PostgreSQL: fast shutdown (open transactions roll back, everything is written), and after 30 s the immediate
 * one, which the next start recovers from.
 */
export async function stopPostmaster(
  postmaster: Pick<Postmaster, 'pid' | 'isRunning'>,
  options: Pick<PostmasterOptions, 'binaries' | 'clusterFolder' | 'identity'>,
): Promise<void> {
  const steps = [
    { mode: 'fast', signal: 'SIGINT', timeoutMs: fastShutdownTimeoutMs },
    { mode: 'immediate', signal: 'SIGQUIT', timeoutMs: immediateShutdownTimeoutMs },
  ] as const
  for (const { mode, signal, timeoutMs } of steps) {
    if (process.platform === 'win32') {
      await runCommand(options.binaries.pgCtl, ['stop', '-W', '-m', mode, '-D', options.clusterFolder], options)
    } else {
      send(postmaster.pid, signal)
    }
    if (await waitForExit(postmaster, timeoutMs)) return
  }
  throw new EmbeddedPostgresError(`The embedded PostgreSQL (pid ${postmaster.pid}) did not stop.`)
}

async function launchOnce(options: PostmasterOptions): Promise<Postmaster | string> {
  const { logFile, clusterFolder, address, logger } = options
  const log = await open(logFile, 'a', 0o600)
  try {
    const { size } = await log.stat()
    const child = spawnPostgres(options, log.fd)
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    await once(child, 'spawn')
    const pid = child.pid ?? 0
    const isEnded = () => child.exitCode !== null || child.signalCode !== null
    const slow = setTimeout(() => logger.warn('PostgreSQL is still starting (recovering after a crash)'), slowStartMs)
    while (!isEnded() && !(await isReady(pid, clusterFolder))) await sleep(pollIntervalMs)
    clearTimeout(slow)
    if (isEnded()) return await readLogSince(logFile, size)
    return { pid, address, exited, isRunning: async () => !isEnded() }
  } finally {
    await log.close()
  }
}

function spawnPostgres(options: PostmasterOptions, logDescriptor: number): ChildProcess {
  const { binaries, identity, clusterFolder, address, settings } = options
  const all = { ...settings, ...addressSettings(address, clusterFolder) }
  const args = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const child = spawn(binaries.postgres, ['-D', clusterArgument(clusterFolder, identity), ...args], {
    cwd: clusterFolder,
    env: postgresEnvironment,
    detached: true,
    stdio: ['ignore', logDescriptor, logDescriptor],
    windowsHide: true,
    ...identity,
  })
  child.unref()
  return child
}

async function isReady(pid: number, clusterFolder: string): Promise<boolean> {
  const file = await readPostmasterFile(clusterFolder)
  return file?.pid === pid && file.isReady
}

async function waitForExit({ isRunning }: Pick<Postmaster, 'isRunning'>, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  while (await isRunning()) {
    if (performance.now() > deadline) return false
    await sleep(pollIntervalMs)
  }
  return true
}

async function pollUntilExited(isRunning: () => Promise<boolean>): Promise<void> {
  while (await isRunning()) await sleep(adoptedPollIntervalMs, undefined, { ref: false })
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error
  }
}
