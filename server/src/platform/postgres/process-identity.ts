import { chown, lchown, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** The account that PostgreSQL's processes run under, where it is not our own. */
export interface ProcessIdentity {
  uid: number
  gid: number
}

/**
 * PostgreSQL refuses to run as root. Run by root, it gets the account that owns the cluster already, else `nobody`
 * (`initdb` wants one that has a name). Undefined for everyone else: it runs as we do.
 */
export async function chooseIdentity(clusterFolder: string): Promise<ProcessIdentity | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const owner = await stat(clusterFolder).catch(() => undefined)
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid }
  return findNobody()
}

/** Hands a folder and all that is in it to the account, e.g. a cluster that root restored from a backup. */
export async function giveFolder(folder: string, identity: ProcessIdentity | undefined): Promise<void> {
  if (!identity || (await stat(folder)).uid === identity.uid) return
  for (const entry of await readdir(folder, { recursive: true })) {
    await lchown(join(folder, entry), identity.uid, identity.gid)
  }
  // Last: until then the folder's owner says that the work is not finished.
  await chown(folder, identity.uid, identity.gid)
}

/** passwd(5): name:password:uid:gid:… */
async function findNobody(): Promise<ProcessIdentity> {
  const accounts = await readFile('/etc/passwd', 'utf8').catch(() => '')
  const fields = accounts
    .split('\n')
    .find((line) => line.startsWith('nobody:'))
    ?.split(':')
  // macOS writes -2, which is the unsigned number the system call wants.
  return { uid: Number(fields?.[2] ?? 65_534) >>> 0, gid: Number(fields?.[3] ?? 65_534) >>> 0 }
}
