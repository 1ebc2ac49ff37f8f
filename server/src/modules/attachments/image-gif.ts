import { BrokenImage, type ReadImage } from './clean-image.ts'

const headerBytes = 13
const extension = 0x21
const imageDescriptor = 0x2c
const trailer = 0x3b
const graphicControl = 0xf9
const application = 0xff

/** https://www.w3.org/Graphics/GIF/spec-gif89a.txt. Kept are pictures, their timing and how often they repeat. */
export function readGif(bytes: Buffer): ReadImage {
  let at = headerBytes + colourTableBytes(bytes.readUInt8(10))
  const parts = [bytes.subarray(0, at)]
  let hasPicture = false
  for (;;) {
    const start = at
    const block = bytes.readUInt8(at)
    if (block === trailer) break
    if (block === imageDescriptor) {
      hasPicture = true
      // Its place and flags, its own colours, the width of its codes.
      at = endOfBlocks(bytes, at + 10 + colourTableBytes(bytes.readUInt8(at + 9)) + 1)
      parts.push(bytes.subarray(start, at))
    } else if (block === extension) {
      at = endOfBlocks(bytes, at + 2)
      if (isKept(bytes.readUInt8(start + 1), bytes.subarray(start + 3, at))) parts.push(bytes.subarray(start, at))
    } else throw new BrokenImage('a block of the GIF is of no known kind')
  }
  if (!hasPicture) throw new BrokenImage('the GIF has no picture')
  parts.push(Buffer.from([trailer]))
  return { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8), content: Buffer.concat(parts) }
}

function isKept(label: number, data: Buffer): boolean {
  if (label === graphicControl) return true
  return label === application && /^(NETSCAPE2\.0|ANIMEXTS1\.0)/.test(data.toString('latin1', 0, 11))
}

function colourTableBytes(flags: number): number {
  return (flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1)
}

/** Behind blocks that each begin with their length, the last with 0. */
function endOfBlocks(bytes: Buffer, from: number): number {
  for (let at = from; ; ) {
    const length = bytes.readUInt8(at)
    at += 1 + length
    if (length === 0) return at
  }
}
