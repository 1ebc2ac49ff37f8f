import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Agent, fetch as undiciFetch } from 'undici'

/** The product as the operator starts it: the main process with its workers. */
export interface ServiceProcess {
  url: string
  /** The workers that serve, oldest first. */
  workers(): number[]
  /** Resolves with the first line of the log, from now on, that has this message. */
  logged(message: string): Promise<Record<string, unknown>>
  signal(name: NodeJS.Signals): void
  /** How the main process ended. */
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  /** Kills what is left of it. */
  kill(): Promise<void>
}

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** Starts it with these settings on any free port of 127.0.0.1, and waits until it says that it is ready. */
export async function startService(settings: Record<string, string>): Promise<ServiceProcess> {
  const child = spawnMain(settings)
  const listeners = new Set<(line: Record<string, unknown>) => void>()
  const served: number[] = []
  const ready = Promise.withResolvers<string>()
  createInterface({ input: child.stdout ?? process.stdin }).on('line', (text) => {
    const url = /ready at (\S+)$/.exec(text)?.[1]
    if (url) ready.resolve(url)
    if (!text.startsWith('{')) return
    const line: Record<string, unknown> = JSON.parse(text)
    if (line.msg === 'a worker serves') served.push(Number(line.pid))
    for (const listener of listeners) listener(line)
  })
  const exited = once(child, 'exit').then(([code, signal]) => ({ code, signal }))
  const failed = exited.then(({ code, signal }) => Promise.reject(new Error(`it ended (${code ?? signal})`)))
  const url = await Promise.race([ready.promise, failed])
  failed.catch(() => undefined)
  const workers = () => served.filter(isAlive)
  return {
    url,
    workers,
    exited,
    signal: (name) => void child.kill(name),
    logged: (message) =>
      new Promise((resolve) => {
        const listener = (line: Record<string, unknown>) => {
          if (line.msg !== message) return
          listeners.delete(listener)
          resolve(line)
        }
        listeners.add(listener)
      }),
    kill: async () => {
      child.kill('SIGKILL')
      for (const pid of workers()) killIfAlive(pid)
      await exited
    },
  }
}

/** Runs it to its end, for a start that fails; resolves with its exit code and what it wrote to stderr. */
export async function runService(settings: Record<string, string>): Promise<{ code: number | null; stderr: string }> {
  const child = spawnMain(settings, 'pipe')
  let stderr = ''
  child.stdout?.resume()
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    stderr += text
  })
  const [code] = await once(child, 'close')
  return { code, stderr }
}

const noLimits = {
  AUTH_ATTEMPTS_PER_MINUTE: '100000',
  RATE_LIMIT_ADDRESS: '0',
  RATE_LIMIT_USER: '0',
  RATE_LIMIT_WORKSPACE: '0',
  RATE_LIMIT_PROJECT: '0',
}

function spawnMain(settings: Record<string, string>, stderr: 'inherit' | 'pipe' = 'inherit'): ChildProcess {
  const { PATH, HOME } = process.env
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main], {
    env: { PATH, HOME, NODE_ENV: 'test', PORT: '0', ...noLimits, ...settings },
    stdio: ['ignore', 'pipe', stderr],
    // Where it looks for `.env`.
    ...(settings.DATA_DIR === undefined ? {} : { cwd: settings.DATA_DIR }),
  })
}

/** A fetch that opens a connection for every request, so that each goes to the next worker in turn. */
export const freshFetch = ((url: string, init: RequestInit) =>
  undiciFetch(url, { ...init, dispatcher: new Agent({ pipelining: 0 }) } as Parameters<
    typeof undiciFetch
  >[1])) as unknown as typeof globalThis.fetch

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

export function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It was faster.
  }
}
