import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A server in a process of its own. */
export interface ServerProcess {
  pid: number
  superuserUrl: string
  runtimeUrl: string
  /** `kill -9`, and waits until it is gone. */
  kill(): Promise<void>
}

/** Starts `embedded-server-process.ts` on the data folder and waits until it is ready. */
export async function startServerProcess(dataDir: string): Promise<ServerProcess> {
  const script = fileURLToPath(new URL('embedded-server-process.ts', import.meta.url))
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await Promise.race([once(child.stdout, 'data'), failOnExit(child)])
  const { superuserUrl, runtimeUrl } = JSON.parse(String(line)) as { superuserUrl: string; runtimeUrl: string }
  const kill = async () => {
    if (child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }
  return { pid: child.pid ?? 0, superuserUrl, runtimeUrl, kill }
}

async function failOnExit(child: ChildProcess): Promise<never> {
  const [code] = await once(child, 'exit')
  throw new Error(`The server process ended with code ${code} before it was ready.`)
}
