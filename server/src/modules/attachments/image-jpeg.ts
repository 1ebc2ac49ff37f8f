import { BrokenImage, type ReadImage } from './clean-image.ts'
import { exifOrientation, orientationSegment } from './jpeg-orientation.ts'

const startOfScan = 0xda
const endOfImage = 0xd9
const app0 = 0xe0
const app1 = 0xe1
const app2 = 0xe2
const app14 = 0xee
const comment = 0xfe

/**
 * https://www.w3.org/Graphics/JPEG/itu-t81.pdf, annex B. Kept are the picture, its resolution (APP0), its colours (ICC
 * profiles in APP2, Adobe's APP14) and which way is up, which a segment of ours says in place of the EXIF.
 */
export function readJpeg(bytes: Buffer): ReadImage {
  const parts = [bytes.subarray(0, 2)]
  let size: { width: number; height: number } | null = null
  let hasScan = false
  for (let at = 2; ; ) {
    if (bytes.readUInt8(at) !== 0xff) throw new BrokenImage('a segment of the JPEG is missing')
    const marker = bytes.readUInt8(at + 1)
    // Any number of these may stand before a marker.
    if (marker === 0xff) {
      at += 1
      continue
    }
    if (marker === endOfImage) {
      if (size === null || !hasScan) throw new BrokenImage('the JPEG has no picture')
      parts.push(bytes.subarray(at, at + 2))
      return { ...size, content: Buffer.concat(parts) }
    }
    const end = at + 2 + bytes.readUInt16BE(at + 2)
    if (end > bytes.length || end < at + 4) throw new BrokenImage('a segment of the JPEG breaks off')
    const data = bytes.subarray(at + 4, end)
    if (isFrame(marker)) size = { height: data.readUInt16BE(1), width: data.readUInt16BE(3) }
    if (isKept(marker, data)) parts.push(bytes.subarray(at, end))
    const orientation = marker === app1 ? exifOrientation(data) : null
    if (orientation !== null) parts.push(orientationSegment(orientation))
    at = end
    if (marker !== startOfScan) continue
    hasScan = true
    at = endOfScan(bytes, end)
    parts.push(bytes.subarray(end, at))
  }
}

/** Frame headers of all processes; the gaps between them are tables. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
}

function isKept(marker: number, data: Buffer): boolean {
  if (marker === app2) return data.toString('latin1', 0, 12) === 'ICC_PROFILE\0'
  if (marker === app0) return data.toString('latin1', 0, 5) === 'JFIF\0'
  if (marker === app14) return data.toString('latin1', 0, 5) === 'Adobe'
  return (marker < app0 || marker > 0xef) && marker !== comment
}

/** The next marker behind the data of a scan, in which 0xFF is followed by 0 or a restart. */
function endOfScan(bytes: Buffer, from: number): number {
  for (let at = from; ; ) {
    at = bytes.indexOf(0xff, at)
    if (at < 0) throw new BrokenImage('the JPEG breaks off')
    const next = bytes.readUInt8(at + 1)
    if (next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at
    at += next === 0xff ? 1 : 2
  }
}
