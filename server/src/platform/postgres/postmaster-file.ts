import { chown, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ServerAddress } from './server-address.ts'

/** What a PostgreSQL main process says about itself in `postmaster.pid`. */
export interface PostmasterFile {
  pid: number
  address: ServerAddress | undefined
  /** It accepts connections; otherwise it starts, recovers or stops. */
  isReady: boolean
}

/** Reads `postmaster.pid`; undefined where there is none or it is still being written. */
export async function readPostmasterFile(clusterFolder: string): Promise<PostmasterFile | undefined> {
  const text = await readFile(fileOf(clusterFolder), 'utf8').catch(() => '')
  // One item a line, in the order of pidfile.h: pid, data folder, start time, port, socket folder, listen address,
  // shared memory key, status.
  const [pid, , , port, socketFolder, listenAddress, , status] = text.split('\n').map((line) => line.trim())
  if (!(Number(pid) > 0)) return undefined
  return {
    pid: Number(pid),
    address: readAddress(clusterFolder, Number(port), socketFolder, listenAddress),
    isReady: status === 'ready',
  }
}

/**
 * Marks a crashed server's `postmaster.pid` as stale. PostgreSQL decides by the process id alone and so refuses to start
 * when that id now belongs to something else (usual after a container's restart), but it never counts its own parent,
 * which we are about to be. The file itself has to stay: it names the shared memory by which PostgreSQL finds out
 * whether processes of the crashed server still live.
 */
export async function disownPostmasterFile(clusterFolder: string): Promise<void> {
  const file = fileOf(clusterFolder)
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined || process.platform === 'win32') return
  const { uid, gid } = await stat(clusterFolder)
  const temporary = `${file}.new`
  await writeFile(temporary, text.replace(/^\s*\d+/, String(process.pid)).replace(/ready\s*$/, 'stale\n'), {
    mode: 0o600,
  })
  if (process.getuid?.() === 0) await chown(temporary, uid, gid)
  await rename(temporary, file)
}

function readAddress(
  clusterFolder: string,
  port: number,
  socketFolder: string | undefined,
  listenAddress: string | undefined,
): ServerAddress | undefined {
  if (!(port > 0)) return undefined
  if (socketFolder) return { kind: 'socket', folder: socketFolder === '.' ? clusterFolder : socketFolder, port }
  return listenAddress ? { kind: 'tcp', port } : undefined
}

function fileOf(clusterFolder: string): string {
  return join(clusterFolder, 'postmaster.pid')
}
