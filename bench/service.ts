import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../server/test/support/free-port.ts'

/** The product as `npm start` starts it, with as many processes as `WORKERS` says. */
export interface Service {
  url: string
  stop(): Promise<void>
}

const patienceMs = 60_000

export async function startService(env: Record<string, string>): Promise<Service> {
  const port = String(await freePort())
  const script = fileURLToPath(new URL('../server/src/main.ts', import.meta.url))
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
    // The last is a pipe that closes with this process, however that ends; the service then stops.
    env: { ...process.env, ...env, PORT: port, CHATBOT_LIFELINE_FD: '3' },
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  })
  const url = `http://127.0.0.1:${port}`
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGTERM')
    await gone
  }
  for (const deadline = performance.now() + patienceMs; !(await isReady(url)); await sleep(200)) {
    if (child.exitCode === null && performance.now() < deadline) continue
    await stop()
    throw new Error('the service did not become ready')
  }
  return { url, stop }
}

async function isReady(url: string): Promise<boolean> {
  const response = await fetch(`${url}/health/ready`).catch(() => null)
  return response?.ok === true
}
