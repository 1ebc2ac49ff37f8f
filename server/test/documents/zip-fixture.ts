import { crc32, deflateRawSync } from 'node:zlib'

/** A member of a zip made by hand; what is not given is what an honest zip would say. */
export interface Member {
  name: string
  content: Buffer
  /** Packed bytes to write instead of the content's. */
  packed?: Buffer
  claimedSize?: number
  flags?: number
  /** Position of the local header the directory names. */
  start?: number
}

/** A zip as its members describe it, honest or not (APPNOTE 4.3). */
export function zipOfMembers(members: Member[]): Buffer {
  const locals: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const member of members) {
    const packed = member.packed ?? deflateRawSync(member.content)
    const fields = fieldsOf(member, packed)
    const name = Buffer.from(member.name)
    const local = Buffer.concat([Buffer.from('PK\u0003\u0004'), fields, name, packed])
    directory.push(entryOf(fields, name, member.start ?? at))
    locals.push(local)
    at += local.length
  }
  const list = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50)
  end.writeUInt16LE(members.length & 0xffff, 8)
  end.writeUInt16LE(members.length & 0xffff, 10)
  end.writeUInt32LE(list.length, 12)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...locals, list, end])
}

/** What the local header and the directory have in common. */
function fieldsOf({ name, content, claimedSize, flags = 0 }: Member, packed: Buffer): Buffer {
  const fields = Buffer.alloc(26)
  fields.writeUInt16LE(20, 0)
  fields.writeUInt16LE(flags, 2)
  fields.writeUInt16LE(8, 4)
  fields.writeUInt32LE(crc32(content), 10)
  fields.writeUInt32LE(packed.length, 14)
  fields.writeUInt32LE(claimedSize ?? content.length, 18)
  fields.writeUInt16LE(Buffer.byteLength(name), 22)
  return fields
}

function entryOf(fields: Buffer, name: Buffer, start: number): Buffer {
  const rest = Buffer.alloc(14)
  rest.writeUInt32LE(start, 10)
  return Buffer.concat([Buffer.from('PK\u0001\u0002\u0014\u0000'), fields, rest, name])
}

/** Members of a zip of text parts. */
export function membersOf(parts: Record<string, string>): Member[] {
  return Object.entries(parts).map(([name, text]) => ({ name, content: Buffer.from(text) }))
}
