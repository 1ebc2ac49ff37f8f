import { BrokenImage, type ReadImage } from './clean-image.ts'

const headerBytes = 8
/** Length, type and checksum around a chunk's data. */
const frameBytes = 12

// What it looks like, animation included: https://www.w3.org/TR/png-3/#5ChunkOrdering. Not kept are text, EXIF and times.
const kept = new Set(
  'IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD hIST pHYs sPLT acTL fcTL fdAT'.split(' '),
)

/** https://www.w3.org/TR/png-3/ */
export function readPng(bytes: Buffer): ReadImage {
  const parts = [bytes.subarray(0, headerBytes)]
  const found = new Set<string>()
  for (let at = headerBytes; !found.has('IEND'); ) {
    const length = bytes.readUInt32BE(at)
    const type = bytes.toString('latin1', at + 4, at + 8)
    const end = at + frameBytes + length
    if (end > bytes.length || !/^[A-Za-z]{4}$/.test(type)) throw new BrokenImage('a chunk of the PNG breaks off')
    if (kept.has(type)) parts.push(bytes.subarray(at, end))
    if (found.size === 0 && (type !== 'IHDR' || length !== 13)) throw new BrokenImage('the PNG has no header')
    found.add(type)
    at = end
  }
  if (!found.has('IDAT')) throw new BrokenImage('the PNG has no picture')
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20), content: Buffer.concat(parts) }
}
