import { execFile } from 'node:child_process'
import { readFile, readlink, realpath } from 'node:fs/promises'
import { promisify } from 'node:util'
import { hasCode } from './embedded-postgres-error.ts'

const run = promisify(execFile)

/**
 * Whether `pid` is a live PostgreSQL main process that works in `folder`. A zombie is dead; a process id that was reused
 * by something else is not ours.
 */
export async function isPostmasterOf(pid: number, folder: string): Promise<boolean> {
  if (!isAlive(pid)) return false
  if (process.platform === 'linux') return isLinuxPostmaster(pid, folder)
  return (await commandOf(pid)).toLowerCase().includes('postgres')
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it exists, under another account.
    return hasCode(error, 'EPERM')
  }
}

async function isLinuxPostmaster(pid: number, folder: string): Promise<boolean> {
  try {
    // "pid (command) state …"; see proc_pid_stat(5).
    const [, command, state] = /\((.*)\) (\S)/s.exec(await readFile(`/proc/${pid}/stat`, 'utf8')) ?? []
    if (command !== 'postgres' || state === 'Z' || state === 'X') return false
    // PostgreSQL's processes work inside their data folder.
    return (await readlink(`/proc/${pid}/cwd`)) === (await realpath(folder))
  } catch (error) {
    // In a container root may lack the right to look into another account's process: the command name has to do.
    return hasCode(error, 'EACCES', 'EPERM')
  }
}

async function commandOf(pid: number): Promise<string> {
  const { stdout } =
    process.platform === 'win32'
      ? await run('tasklist', ['/FI', `PID eq ${pid}`, '/FO', 'CSV', '/NH']).catch(() => ({ stdout: '' }))
      : await run('ps', ['-o', 'comm=', '-p', String(pid)]).catch(() => ({ stdout: '' }))
  return stdout
}
