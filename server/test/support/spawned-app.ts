import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { unlimited } from './unlimited.ts'

/** The server as a process of its own. */
export interface SpawnedApp {
  url: string
  /** The most memory it has ever held, in bytes. */
  peakMemory(): Promise<number>
  /** `SIGSTOP` and `SIGCONT`. */
  freeze(): void
  thaw(): void
  /** `SIGKILL`; resolves once it is gone. */
  kill(): Promise<void>
}

/** Starts it on this database with these settings, on any free port of 127.0.0.1. */
export async function spawnApp(databaseUrl: string, settings: Record<string, string>): Promise<SpawnedApp> {
  const script = fileURLToPath(new URL('app-process.ts', import.meta.url))
  const filesFolder = join(tmpdir(), 'chatbot-test-files', randomUUID())
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, databaseUrl], {
    env: {
      ...{ NODE_ENV: 'test', PORT: '0', ...unlimited, LOG_LEVEL: 'silent' },
      FILES_URL: pathToFileURL(filesFolder).href,
      ...settings,
    },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const { url } = await nextMessage<{ url: string }>(child)
  return {
    url,
    peakMemory: async () => {
      child.send('memory')
      return (await nextMessage<{ peakKiB: number }>(child)).peakKiB * 1024
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
      await rm(filesFolder, { recursive: true, force: true })
    },
  }
}

async function nextMessage<T>(child: ChildProcess): Promise<T> {
  const listening = new AbortController()
  const ended = once(child, 'exit', listening).then(([code, signal]) => {
    throw new Error(`The server process ended (${code ?? signal}) before it answered.`)
  })
  try {
    const [message] = await Promise.race([once(child, 'message', listening), ended])
    return message
  } finally {
    listening.abort()
    ended.catch(() => undefined)
  }
}
