import { spawn } from 'node:child_process'
import type { ProcessIdentity } from './process-identity.ts'

interface RunOptions {
  cwd?: string
  identity: ProcessIdentity | undefined
  /** File descriptor that becomes the standard input. */
  stdin?: number
}

/** How a command ended: `code` is null after a signal, `output` what it printed on both channels. */
export interface CommandResult {
  code: number | null
  output: string
}

/** Runs one of PostgreSQL's programs to its end. Rejects with the system's error when it cannot be started at all. */
export function runCommand(file: string, args: string[], options: RunOptions): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: postgresEnvironment,
      stdio: [options.stdin ?? 'ignore', 'pipe', 'pipe'],
      windowsHide: true,
      ...options.identity,
    })
    let output = ''
    const collect = (chunk: Buffer) => {
      output += chunk.toString()
    }
    child.stdout?.on('data', collect)
    child.stderr?.on('data', collect)
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, output }))
  })
}

/**
 * Only what PostgreSQL needs: our own environment holds API keys, and PG* variables would change what it does. Windows
 * programs do not load without theirs, so there it is inherited.
 */
export const postgresEnvironment: Record<string, string> | undefined =
  process.platform === 'win32' ? undefined : { LC_ALL: 'C', PATH: '/usr/local/bin:/usr/bin:/bin' }
