import type { Readable } from 'node:stream'
import { AppError } from '../errors.ts'

/**
 * Where files are kept, by keys that the server makes (`a/b/c`, see {@link requireKey}). What is stored never changes;
 * another content is another key. Everything here throws 507 `storage_full` and 503 `storage_unavailable`.
 */
export interface FileStorage {
  /**
   * Writes a stream to the local disk, counting and hashing it, before it has a key. `'too_large'` once it goes beyond
   * `maxBytes`; the rest is left unread. Whatever ends it early, its own error included, leaves nothing behind.
   */
  stage(content: AsyncIterable<Uint8Array>, maxBytes: number): Promise<StagedFile | 'too_large'>
  /** Stores a staged file for good; once this resolves, it survives a power cut. The staged file is used up. */
  keep(staged: StagedFile, key: string): Promise<void>
  /** Null where there is none under this key. */
  read(key: string): Promise<StoredContent | null>
  /** The content as a file on this machine, until it is released; null where there is none under this key. */
  open(key: string, signal: AbortSignal): Promise<LocalFile | null>
  /** Nothing is said where there is none. */
  delete(key: string): Promise<void>
  /** Deletes everything whose key begins with this prefix, which ends in `/`; returns how many files that were. */
  deletePrefix(prefix: string): Promise<number>
  /** Every file whose key begins with this prefix (all, when empty), in no particular order. */
  list(prefix: string): AsyncIterable<StoredFile>
  /** Resolves if something can be written now. */
  check(): Promise<void>
  /** Removes what uploads and readings that broke off have left on this machine, older than this. */
  sweepStaging(olderThanMs: number): Promise<void>
  close(): Promise<void>
}

/** A content that is on the disk of this machine, and has no key yet. */
export interface StagedFile {
  readonly path: string
  readonly bytes: number
  /** Hex. */
  readonly sha256: string
  /** The first 64 KiB. */
  readonly head: Buffer
  /** Removes it, where it was not kept. */
  discard(): Promise<void>
}

/** A content from its beginning. */
export interface StoredContent {
  content: Readable
  /** Null where the storage does not tell. */
  bytes: number | null
}

export interface LocalFile {
  readonly path: string
  release(): Promise<void>
}

export interface StoredFile {
  key: string
  bytes: number
  modifiedAt: Date
}

const key = /^[a-z0-9][a-z0-9-]*(\/[a-z0-9][a-z0-9-]*)*$/

/** Keys are made by the server out of ids; anything else is a mistake, and goes nowhere near a path. */
export function requireKey(given: string): string {
  if (!key.test(given) || given.length > 200) throw new Error('this is no storage key')
  return given
}

/** 507: the disk is full, or nearly. */
export function storageFull(cause?: unknown): AppError {
  return new AppError('storage_full', 'There is no room left for files. Ask whoever runs this server to make some.', {
    ...(cause === undefined ? {} : { cause }),
  })
}

/** 503: the file storage does not answer, or does not let us in. */
export function storageUnavailable(cause: unknown): AppError {
  return new AppError('storage_unavailable', 'The file storage cannot be reached at the moment. Try again shortly.', {
    retryAfterSeconds: 5,
    cause,
  })
}

const fullCodes = new Set(['ENOSPC', 'EDQUOT'])
const unavailableCodes = new Set(['EACCES', 'EPERM', 'EROFS', 'EIO', 'ENOTDIR', 'ESTALE', 'EMFILE', 'ENFILE', 'ELOOP'])

/** The error of a file system as what a caller may be told; others unchanged. */
export function asStorageError(error: unknown): unknown {
  const { code = '' } = error as { code?: string }
  if (error instanceof AppError) return error
  if (fullCodes.has(code)) return storageFull(error)
  return unavailableCodes.has(code) ? storageUnavailable(error) : error
}

export function isMissing(error: unknown): boolean {
  return (error as { code?: string }).code === 'ENOENT'
}
