import { createHash } from 'node:crypto'
import { chown, lstat, mkdir, rm } from 'node:fs/promises'
import { createServer, type ListenOptions } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ProcessIdentity } from './process-identity.ts'

/** Where the embedded server listens: a socket in a private folder, or a port of the loopback interface. */
export type ServerAddress = { kind: 'socket'; folder: string; port: number } | { kind: 'tcp'; port: number }

/** With a socket the port is only part of the file's name. */
const socketPort = 5432

/** `sun_path` is 108 bytes on Linux and 104 elsewhere, the closing NUL included; see unix(7). */
const maxSocketPathBytes = process.platform === 'linux' ? 107 : 103

/**
 * Picks an address that works here: a socket in the cluster's folder; where that path is too long or the file system
 * has no sockets, in a private folder of the temporary directory; else a free port on 127.0.0.1 (always on Windows).
 */
export async function chooseAddress(
  clusterFolder: string,
  identity: ProcessIdentity | undefined,
): Promise<ServerAddress> {
  if (process.platform !== 'win32') {
    if (await canHoldSocket(clusterFolder)) return { kind: 'socket', folder: clusterFolder, port: socketPort }
    const folder = await createPrivateFolder(clusterFolder, identity)
    if (folder && (await canHoldSocket(folder))) return { kind: 'socket', folder, port: socketPort }
  }
  return { kind: 'tcp', port: await findFreePort() }
}

/** `postgres://…` for a login, in the form that both `pg` and libpq read: a socket's folder is the parameter `host`. */
export function connectionUrl(address: ServerAddress, user: string, password: string, database: string): string {
  const login = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`
  if (address.kind === 'tcp') return `postgres://${login}@127.0.0.1:${address.port}/${database}`
  return `postgres://${login}@localhost/${database}?host=${encodeURIComponent(address.folder)}&port=${address.port}`
}

/** The settings that make `postgres` listen there and nowhere else. */
export function addressSettings(address: ServerAddress, clusterFolder: string): Record<string, string> {
  if (address.kind === 'tcp') {
    return { listen_addresses: '127.0.0.1', port: String(address.port), unix_socket_directories: '' }
  }
  return {
    listen_addresses: '',
    port: String(address.port),
    // Relative to the cluster, where postgres works: an absolute path may lead through folders it may not enter.
    unix_socket_directories: address.folder === clusterFolder ? '.' : `"${address.folder}"`,
    unix_socket_permissions: '0700',
  }
}

/** Removes a crashed server's socket; postgres would mistake it for a live one when its process id was reused. */
export async function removeStaleSocket(address: ServerAddress): Promise<void> {
  if (address.kind === 'tcp') return
  await rm(socketPath(address.folder), { force: true })
  await rm(`${socketPath(address.folder)}.lock`, { force: true })
}

function socketPath(folder: string): string {
  return join(folder, `.s.PGSQL.${socketPort}`)
}

/** Tried for real: shared and network file systems often refuse sockets. */
async function canHoldSocket(folder: string): Promise<boolean> {
  if (Buffer.byteLength(socketPath(folder)) > maxSocketPathBytes) return false
  // A live server's own socket must stay untouched, hence another name of the same length.
  const probe = join(folder, `.s.PROBE.${socketPort}`)
  await rm(probe, { force: true })
  return listenOnce({ path: probe }).then(
    () => true,
    () => false,
  )
}

async function createPrivateFolder(clusterFolder: string, identity: ProcessIdentity | undefined) {
  const name = createHash('sha256').update(clusterFolder).digest('hex').slice(0, 16)
  const folder = join(tmpdir(), `chatbot-postgres-${name}`)
  try {
    await mkdir(folder, { mode: 0o700 })
    if (identity) await chown(folder, identity.uid, identity.gid)
  } catch {
    // There already, or not to be had: the check below decides.
  }
  const found = await lstat(folder).catch(() => undefined)
  const owner = identity?.uid ?? process.getuid?.()
  // Everyone may write to the temporary directory: a folder under our name may be somebody's trap.
  return found?.isDirectory() && found.uid === owner && (found.mode & 0o077) === 0 ? folder : undefined
}

async function findFreePort(): Promise<number> {
  const address = await listenOnce({ host: '127.0.0.1', port: 0 })
  if (address === null || typeof address === 'string') throw new Error('No port of 127.0.0.1 is free.')
  return address.port
}

function listenOnce(options: ListenOptions) {
  return new Promise<ReturnType<ReturnType<typeof createServer>['address']>>((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(options, () => {
      const address = server.address()
      server.close(() => resolve(address))
    })
  })
}
