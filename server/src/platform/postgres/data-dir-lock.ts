import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'

/** Exclusive use of a data folder by this process, until it is released or the process ends in any way. */
export interface DataDirLock {
  readonly dataDir: string
  release(): Promise<void>
}

/** Another live process uses the data folder. */
export class DataDirBusyError extends Error {
  readonly dataDir: string
  /** The process that holds the folder, where it could be told. */
  readonly pid: number | undefined

  constructor(dataDir: string, pid: number | undefined) {
    const holder = pid === undefined ? 'another process' : `another process (pid ${pid})`
    super(
      `The data folder ${dataDir} is in use by ${holder}. Stop that one first, or give this one a folder and a port ` +
        'of its own with the settings DATA_DIR and PORT, for example: DATA_DIR=./data-2 PORT=8001 npm start',
    )
    this.name = 'DataDirBusyError'
    this.dataDir = dataDir
    this.pid = pid
  }
}

/** Garbage collection closes a database that nobody refers to, and with it would go the lock. */
const heldLocks = new Set<DatabaseSync>()

const retryIntervalMs = 50
const sqliteBusy = 5

/**
 * Takes the data folder for this process, creating it (mode 0700) where it is missing.
 *
 * The lock is the operating system's own file lock, held through an exclusive SQLite transaction on the empty file
 * `server.lock`: it vanishes with its holder, `kill -9` included, so it can neither go stale nor be fooled by a reused
 * process id, and it also holds between containers that share a volume. `server.pid` only names the holder for people.
 *
 * @param waitMs how long to wait for a holder that is just ending, as after a restart
 * @throws DataDirBusyError when another process (or another caller in this one) still holds it
 */
export async function lockDataDir(dataDir: string, waitMs = 3_000): Promise<DataDirLock> {
  const folder = resolve(dataDir)
  await createFolder(folder)
  const deadline = performance.now() + waitMs
  let held = tryLock(folder)
  while (!held && performance.now() < deadline) {
    await sleep(retryIntervalMs)
    held = tryLock(folder)
  }
  const pidFile = join(folder, 'server.pid')
  if (!held) throw new DataDirBusyError(folder, await readPid(pidFile))
  heldLocks.add(held)
  await writeFile(pidFile, `${process.pid}\n`, { mode: 0o600 })
  return { dataDir: folder, release: () => release(held, pidFile) }
}

async function release(held: DatabaseSync, pidFile: string): Promise<void> {
  if (!held.isOpen) return
  await rm(pidFile, { force: true })
  heldLocks.delete(held)
  held.close()
}

function tryLock(folder: string): DatabaseSync | undefined {
  const file = join(folder, 'server.lock')
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file)
    database.exec('BEGIN EXCLUSIVE')
    return database
  } catch (error) {
    database?.close()
    if (error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy) return undefined
    throw new Error(`Cannot lock the data folder: ${file} cannot be written. Check who owns it, or set DATA_DIR.`, {
      cause: error,
    })
  }
}

async function createFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new Error(`Cannot create the data folder ${folder}. Set DATA_DIR to one that can be written.`, {
      cause: error,
    })
  }
}

async function readPid(file: string): Promise<number | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '')
  const pid = Number.parseInt(text, 10)
  return pid > 0 ? pid : undefined
}
