import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { unlimited } from '../server/test/support/unlimited.ts'

/** Child processes of a benchmark: each tells its address when it is ready, and stops when it is let go. */
export interface Children {
  /** Starts a file of this folder and returns the address it tells. */
  start(file: string, args?: string[], env?: Record<string, string>): Promise<{ url: string; child: ChildProcess }>
  /** Stops all, the last started first. */
  stop(): Promise<void>
}

export function createChildren(): Children {
  const children: ChildProcess[] = []
  return {
    async start(file, args = [], env = {}) {
      const child = fork(new URL(file, import.meta.url), args, { env: { ...process.env, ...env } })
      children.push(child)
      const [message] = await once(child, 'message')
      return { url: message.url, child }
    },
    async stop() {
      for (const child of children.reverse()) {
        if (child.exitCode !== null || !child.connected) continue
        const gone = once(child, 'exit')
        child.disconnect()
        await gone
      }
    },
  }
}

/** Settings for `serve.ts`: a data folder and an upstream of its own, nothing in the log. */
export function serverEnv(dataDir: string, upstream: string): Record<string, string> {
  return {
    DATA_DIR: dataDir,
    PORT: '0',
    LOG_LEVEL: 'error',
    ...unlimited,
    OPENAI_COMPATIBLE_BASE_URL: `${upstream}/v1`,
    LLM_PROVIDER: 'openai-compatible',
    LLM_MODEL: 'bench',
  }
}
