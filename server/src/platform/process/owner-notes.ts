import { mkdir, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '../logger.ts'

/** This process's note among those of its machine. */
export interface OwnerNote {
  /** Ids that processes of this machine owned when they died. */
  gone: string[]
  /** What has been done about these need not be done again. */
  forget(): Promise<void>
  /** This process ends in order. */
  remove(): Promise<void>
}

const noNote: OwnerNote = { gone: [], forget: async () => undefined, remove: async () => undefined }
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Notes in `<folder>/owners` that a process lives which owns runs as `ownerId`, and finds the notes of those that have
 * died without a word, so that a restart on the same machine need not wait for their leases. A process counts as dead
 * only where this one would see it: under the same boot of the same machine, in the same process namespace. Elsewhere, and
 * where the folder cannot be written, nothing is noted and leases do it.
 */
export async function noteOwner(folder: string, ownerId: string, logger: Logger): Promise<OwnerNote> {
  const notes = join(folder, 'owners')
  try {
    const own = await whoIs(process.pid)
    if (own === undefined) return noNote
    await mkdir(notes, { recursive: true, mode: 0o700 })
    const gone = await findGone(notes)
    await writeFile(join(notes, ownerId), own.text, { mode: 0o600 })
    const remove = (ids: string[]) => Promise.all(ids.map((id) => rm(join(notes, id), { force: true })))
    return {
      gone,
      forget: async () => void (await remove(gone).catch(() => undefined)),
      remove: async () => void (await remove([ownerId]).catch(() => undefined)),
    }
  } catch (error) {
    logger.debug({ err: error }, 'this process could not be noted; its leases will tell')
    return noNote
  }
}

async function findGone(notes: string): Promise<string[]> {
  const here = await place()
  const names = (await readdir(notes)).filter((name) => uuid.test(name))
  const dead = await Promise.all(
    names.map(async (name) => {
      const [where, pid, startedAt] = (await readFile(join(notes, name), 'utf8')).split('\n')
      if (where !== here) return false
      return (await whoIs(Number(pid)))?.startedAt !== startedAt
    }),
  )
  return names.filter((_, index) => dead[index])
}

/** A process by what nobody else can have: where it runs, its number, and when it started. Undefined where there is none. */
async function whoIs(pid: number): Promise<{ startedAt: string; text: string } | undefined> {
  try {
    // "pid (command) state …"; the start is field 22, and a zombie is dead: proc_pid_stat(5).
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state, startedAt] = [fields[0], fields[19]]
    if (startedAt === undefined || state === 'Z' || state === 'X') return undefined
    return { startedAt, text: [await place(), pid, startedAt].join('\n') }
  } catch {
    return undefined
  }
}

async function place(): Promise<string> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8')
  return `${boot.trim()} ${await readlink('/proc/self/ns/pid')}`
}
