import { DocumentError } from '../document.ts'

/** A member as the zip's directory lists it, with where its packed bytes lie. */
export interface ZipEntry {
  name: string
  /** 0 stored, 8 deflated. */
  method: number
  /** Size it claims to have unpacked. */
  size: number
  encrypted: boolean
  /** Where its local header starts. */
  start: number
  dataStart: number
  dataEnd: number
}

/** Office writes tens to hundreds of members; thousands only for thousands of pictures. */
const maxEntries = 10_000

/** Signatures and layouts: PKWARE's APPNOTE 4.3.7, 4.3.12, 4.3.16 and 4.5.3. */
const endSignature = 0x06054b50
const entrySignature = 0x02014b50
const localSignature = 0x04034b50
const endLength = 22
const entryLength = 46
const localLength = 30
const zip64Mark = 0xffffffff

/** Reads the directory at a zip's end. Throws DocumentError `broken`, or `bomb` for more members than make sense. */
export function readDirectory(bytes: Buffer): ZipEntry[] {
  try {
    return entriesOf(bytes)
  } catch (error) {
    // Offsets that point outside the file.
    if (error instanceof RangeError) throw damaged()
    throw error
  }
}

function entriesOf(bytes: Buffer): ZipEntry[] {
  const end = findEnd(bytes)
  const count = bytes.readUInt16LE(end + 10)
  if (count > maxEntries)
    throw new DocumentError('bomb', `This file has more than ${maxEntries} parts. Save it anew in its program.`)
  const entries: ZipEntry[] = []
  let at = bytes.readUInt32LE(end + 16)
  for (let index = 0; index < count; index += 1) {
    if (bytes.readUInt32LE(at) !== entrySignature) throw damaged()
    const nameLength = bytes.readUInt16LE(at + 28)
    const extraLength = bytes.readUInt16LE(at + 30)
    entries.push(entryAt(bytes, at, nameLength, extraLength))
    at += entryLength + nameLength + extraLength + bytes.readUInt16LE(at + 32)
  }
  return entries
}

/** The end record stands before a comment of up to 64 KiB; its own length of the comment must fit. */
function findEnd(bytes: Buffer): number {
  const lowest = Math.max(0, bytes.length - endLength - 0xffff)
  for (let at = bytes.length - endLength; at >= lowest; at -= 1)
    if (bytes.readUInt32LE(at) === endSignature && at + endLength + bytes.readUInt16LE(at + 20) <= bytes.length)
      return at
  throw damaged()
}

function entryAt(bytes: Buffer, at: number, nameLength: number, extraLength: number): ZipEntry {
  const flags = bytes.readUInt16LE(at + 8)
  const extra = bytes.subarray(at + entryLength + nameLength, at + entryLength + nameLength + extraLength)
  const [size, packed, start] = withZip64(
    [24, 20, 42].map((offset) => bytes.readUInt32LE(at + offset)),
    extra,
  )
  if (size === undefined || packed === undefined || start === undefined) throw damaged()
  if (bytes.readUInt32LE(start) !== localSignature) throw damaged()
  const method = bytes.readUInt16LE(at + 10)
  const encrypted = (flags & 1) === 1
  if (!encrypted && method !== 0 && method !== 8) throw damaged()
  const dataStart = start + localLength + bytes.readUInt16LE(start + 26) + bytes.readUInt16LE(start + 28)
  if (dataStart + packed > bytes.length) throw damaged()
  const name = bytes.toString('utf8', at + entryLength, at + entryLength + nameLength)
  return { name, method, size, encrypted, start, dataStart, dataEnd: dataStart + packed }
}

/** Fields that do not fit into 32 bits stand in the extra field 1, in this order, eight bytes each. */
function withZip64(fields: number[], extra: Buffer): number[] {
  if (!fields.includes(zip64Mark)) return fields
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue
    let next = at + 4
    return fields.map((field) => {
      if (field !== zip64Mark) return field
      next += 8
      return Number(extra.readBigUInt64LE(next - 8))
    })
  }
  throw damaged()
}

function damaged(): DocumentError {
  return new DocumentError('broken', 'This file is damaged or incomplete. Open it in its program and save it anew.')
}
