import type { FileErrorCode } from '@chatbot-platform/contract'
import { type FileLimits, type FileUsage, inWords, roomOf } from './file-limits.ts'

/** Why one file is not taken, though others of the same upload or source may be. */
export class Refusal extends Error {
  readonly code: FileErrorCode
  constructor(code: FileErrorCode, message: string) {
    super(message)
    this.name = 'Refusal'
    this.code = code
  }
}

/** Throws a {@link Refusal} unless one more file of this size fits beside what is stored. */
export function requireRoom(limits: FileLimits, usage: FileUsage, bytes: number): void {
  if (usage.projectFiles >= limits.projectFiles) {
    throw new Refusal('too_many_files', `A project may have ${limits.projectFiles} files. Delete some first.`)
  }
  requireBytes(limits, usage, bytes)
}

/** The same where the file takes the place of another. */
export function requireBytes(limits: FileLimits, usage: FileUsage, bytes: number): void {
  if (roomOf(limits, usage) < bytes) throw full(limits, usage)
}

export function full(limits: FileLimits, usage: FileUsage): Refusal {
  const isProject = limits.projectBytes - usage.projectBytes <= limits.workspaceBytes - usage.workspaceBytes
  const [where, most] = isProject ? ['project', limits.projectBytes] : ['workspace', limits.workspaceBytes]
  return new Refusal('storage_full', `The files of a ${where} may have ${inWords(most)} together. Delete some first.`)
}
