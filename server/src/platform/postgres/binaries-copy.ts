import { chmod, copyFile, lstat, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { hasCode } from './embedded-postgres-error.ts'

/**
 * A complete copy of PostgreSQL's files at `parent/name` that every account may read and only we may change; made once,
 * then reused. Undefined where `parent` cannot be written or the name is taken by something we did not make.
 */
export async function copyBinaries(native: string, parent: string, name: string): Promise<string | undefined> {
  const target = join(parent, name)
  if (await isOurs(target)) return target
  let staging: string
  try {
    staging = await mkdtemp(`${target}.`)
  } catch {
    return undefined
  }
  try {
    await copyFolder(native, staging)
    // The rename is what makes the copy complete: a half-made one never carries the name.
    await rename(staging, target)
  } catch (error) {
    await rm(staging, { recursive: true, force: true })
    if (!hasCode(error, 'EEXIST', 'ENOTEMPTY', 'ENOTDIR', 'ENOSPC')) throw error
  }
  return (await isOurs(target)) ? target : undefined
}

/** In a folder that everyone may write to, only a name that we own ourselves can be trusted. */
async function isOurs(folder: string): Promise<boolean> {
  const found = await lstat(folder).catch(() => undefined)
  return found?.isDirectory() === true && found.uid === (process.getuid?.() ?? 0) && (found.mode & 0o022) === 0
}

/** Modes are set outright, since our umask may deny others what the copy is for. Links are made anew by the caller. */
async function copyFolder(source: string, target: string): Promise<void> {
  await mkdir(target, { recursive: true })
  await chmod(target, 0o755)
  for (const entry of await readdir(source, { withFileTypes: true })) {
    const from = join(source, entry.name)
    const to = join(target, entry.name)
    if (entry.isDirectory()) await copyFolder(from, to)
    if (!entry.isFile() || isForBuilding(entry.name)) continue
    await copyFile(from, to)
    await chmod(to, source.endsWith(`${sep}bin`) ? 0o755 : 0o644)
  }
}

function isForBuilding(name: string): boolean {
  return name.endsWith('.a') || name.endsWith('.pc')
}
