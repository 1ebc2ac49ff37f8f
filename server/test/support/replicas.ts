import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'vitest'
import type { Given } from '../../src/deps.ts'
import { startNginx } from './nginx.ts'

/** How many server processes stand behind nginx in place of one server in the test's own; 0 without `TEST_REPLICAS`. */
const replicaCount = Number(process.env.TEST_REPLICAS ?? 0)

/** Whether the servers under test are several, behind nginx. */
export const throughReplicas = replicaCount > 0

/**
 * By how much several servers may overshoot a limit of a few requests: one for each other process (docs/limits.md), and one
 * more while word of the last ones is on its way.
 */
export const overshoot = replicaCount

/**
 * Vitest's `test`, for what can be seen in one process only; skipped where the servers are several. The reason says what
 * that is.
 */
export function inOneProcess(_reason: string) {
  return test.skipIf(throughReplicas)
}

/** What a replica can be given: a message carries no functions. */
export type ReplicaGiven = Pick<
  Given,
  'databaseUrl' | 'secretKey' | 'passwordCost' | 'webPauseMs' | 'isSoleProcess' | 'gatewayLimits'
>

/** The first message to a replica. */
export interface ReplicaBriefing {
  env: Record<string, string>
  given: ReplicaGiven
  /** Of the clock that the test moves. */
  clockFile: string | null
}

/** What it answers. */
export type ReplicaMessage = { url: string } | { error: string }

/** Several servers on one database behind one nginx. */
export interface Replicas {
  /** nginx's. */
  url: string
  processes: ChildProcess[]
  stop(): Promise<void>
}

/** Starts them with the same settings, each with a data folder of its own, as machines have. */
export async function startReplicas(briefing: ReplicaBriefing, count: number = replicaCount): Promise<Replicas> {
  const folder = join(tmpdir(), 'chatbot-test-replicas', new URL(briefing.given.databaseUrl).pathname.slice(1))
  const starts = Array.from({ length: count }, (_, index) => {
    const env = { ...briefing.env, TRUST_PROXY: 'true', DATA_DIR: join(folder, `${process.pid}-${index}`) }
    return startReplica({ ...briefing, env })
  })
  const started = await Promise.allSettled(starts)
  const replicas = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const stopAll = () => Promise.all(replicas.map(({ child }) => stopReplica(child)))
  const failed = started.find((one) => one.status === 'rejected')
  if (failed) {
    await stopAll()
    throw failed.reason
  }
  const nginx = await startNginx(
    replicas.map(({ url }) => new URL(url).host),
    { tls: false },
  )
  return {
    url: nginx.url,
    processes: replicas.map(({ child }) => child),
    stop: async () => {
      await stopAll()
      await nginx.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function startReplica(briefing: ReplicaBriefing) {
  const child = fork(fileURLToPath(new URL('replica-process.ts', import.meta.url)), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    // Compiled once for all of them: what a start takes is mostly that.
    env: { TZ: 'UTC', PATH: process.env.PATH ?? '', NODE_COMPILE_CACHE: join(tmpdir(), 'chatbot-test-compiled') },
  })
  const listening = new AbortController()
  const ended = once(child, 'exit', listening).then(([code, signal]) => ({
    error: `The server process ended (${code ?? signal}) before it listened.`,
  }))
  ended.catch(() => undefined)
  child.send(briefing)
  const answered = once(child, 'message', listening).then(([message]) => message as ReplicaMessage)
  const message = await Promise.race([answered, ended])
  listening.abort()
  answered.catch(() => undefined)
  if ('url' in message) return { child, url: message.url }
  child.kill('SIGKILL')
  throw new Error(message.error)
}

const stopMs = 5000

async function stopReplica(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  if (child.connected) child.send('stop')
  const late = setTimeout(() => child.kill('SIGKILL'), stopMs)
  await exited
  clearTimeout(late)
}
