import { BrokenImage, type ReadImage } from './clean-image.ts'

const headerBytes = 12
const chunkHeadBytes = 8
/** Flags of `VP8X` for what is left out: https://developers.google.com/speed/webp/docs/riff_container */
const exifFlag = 0x08
const xmpFlag = 0x04

const kept = new Set(['VP8 ', 'VP8L', 'VP8X', 'ANIM', 'ANMF', 'ALPH', 'ICCP'])

/** https://developers.google.com/speed/webp/docs/riff_container */
export function readWebp(bytes: Buffer): ReadImage {
  const parts: Buffer[] = []
  const riffEnd = chunkHeadBytes + bytes.readUInt32LE(4)
  if (riffEnd > bytes.length) throw new BrokenImage('the WebP breaks off')
  let size: { width: number; height: number } | null = null
  let hasPicture = false
  for (let at = headerBytes; at + chunkHeadBytes <= riffEnd; ) {
    const type = bytes.toString('latin1', at, at + 4)
    const length = bytes.readUInt32LE(at + 4)
    const end = at + chunkHeadBytes + length + (length % 2)
    if (end > riffEnd) throw new BrokenImage('a chunk of the WebP breaks off')
    // A copy, as flags are changed in it.
    const chunk = Buffer.from(bytes.subarray(at, end))
    const data = chunk.subarray(chunkHeadBytes)
    if (type === 'VP8X') data.writeUInt8(data.readUInt8(0) & ~(exifFlag | xmpFlag), 0)
    size ??= sizeIn(type, data)
    hasPicture ||= ['VP8 ', 'VP8L', 'ANMF'].includes(type)
    if (kept.has(type)) parts.push(chunk)
    at = end
  }
  if (size === null || !hasPicture) throw new BrokenImage('the WebP has no picture')
  const head = Buffer.from(bytes.subarray(0, headerBytes))
  const content = Buffer.concat([head, ...parts])
  content.writeUInt32LE(content.length - chunkHeadBytes, 4)
  return { ...size, content }
}

/** VP8: https://www.rfc-editor.org/rfc/rfc6386#section-9.1, VP8L: https://www.rfc-editor.org/rfc/rfc9649#section-3.4 */
function sizeIn(type: string, data: Buffer): { width: number; height: number } | null {
  if (type === 'VP8X') return { width: 1 + data.readUIntLE(4, 3), height: 1 + data.readUIntLE(7, 3) }
  if (type === 'VP8 ') {
    if (data.readUIntBE(3, 3) !== 0x9d012a) throw new BrokenImage('the WebP has no key frame')
    return { width: data.readUInt16LE(6) & 0x3fff, height: data.readUInt16LE(8) & 0x3fff }
  }
  if (type !== 'VP8L') return null
  if (data.readUInt8(0) !== 0x2f) throw new BrokenImage('the WebP has no picture')
  const bits = data.readUInt32LE(1)
  return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) }
}
