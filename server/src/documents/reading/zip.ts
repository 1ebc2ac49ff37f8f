import { inflateRawSync } from 'node:zlib'
import { DocumentError, type DocumentLimits } from '../document.ts'
import { readDirectory, type ZipEntry } from './zip-directory.ts'

/** Unpacked, more is not held in memory, whatever the ratio. */
const maxUnpacked = 160 * 1024 * 1024

/** Below this the ratio does not matter: small files of spaces pack well without being an attack. */
const harmless = 8 * 1024 * 1024

/** The members of a zip that were asked for, unpacked, by name. */
export type ZipMembers = ReadonlyMap<string, Buffer>

/**
 * Unpacks the members whose names are wanted. Nothing is taken from what the zip says of itself: members must not overlap,
 * and what comes out is counted as it comes out. Names are labels, never paths.
 *
 * @throws DocumentError `bomb`, `encrypted` or `broken`
 */
export function unzip(
  bytes: Buffer,
  limits: Pick<DocumentLimits, 'unzipRatio'>,
  wanted: (name: string) => boolean,
): ZipMembers {
  const entries = readDirectory(bytes)
  if (entries.some((entry) => entry.encrypted))
    throw new DocumentError(
      'encrypted',
      'This file is protected by a password. Remove the password and upload it again.',
    )
  refuseOverlap(entries)
  const members = new Map<string, Buffer>()
  let left = Math.min(maxUnpacked, Math.max(harmless, bytes.length * limits.unzipRatio))
  for (const entry of entries.filter(({ name }) => wanted(name))) {
    if (members.has(entry.name)) throw broken('a member is there twice')
    const content = unpack(bytes.subarray(entry.dataStart, entry.dataEnd), entry, left)
    left -= content.length
    members.set(entry.name, content)
  }
  return members
}

function unpack(packed: Buffer, { method, size }: ZipEntry, left: number): Buffer {
  if (size > left) throw bomb()
  const content = method === 0 ? packed : inflate(packed, left)
  if (content.length > left) throw bomb()
  if (content.length !== size) throw broken('a member has another size than it claims')
  return content
}

function inflate(packed: Buffer, left: number): Buffer {
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, left) })
  } catch (error) {
    if (error instanceof RangeError) throw bomb()
    throw broken('a member cannot be unpacked', { cause: error })
  }
}

/** Members that share their bytes are how a small zip becomes a huge one. */
function refuseOverlap(entries: ZipEntry[]) {
  let end = 0
  for (const entry of entries.toSorted((a, b) => a.start - b.start)) {
    if (entry.start < end) throw bomb()
    end = entry.dataEnd
  }
}

function bomb(): DocumentError {
  return new DocumentError(
    'bomb',
    'Unpacked, this file is far larger than it looks. Save it anew in its program, or split it.',
  )
}

function broken(reason: string, options?: ErrorOptions): DocumentError {
  const message = `This file is damaged (${reason}). Open it in its program and save it anew.`
  return new DocumentError('broken', message, options)
}
