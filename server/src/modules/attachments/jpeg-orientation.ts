const exifHeader = 'Exif\0\0'
/** Of the orientation: https://www.cipa.jp/std/documents/download_e.html?DC-008-Translation-2023-E, 4.6.5.1 */
const orientationTag = 0x0112
const shortType = 3

/** Which way is up, 2 to 8, where the data of an APP1 segment says so; null for upright ones. */
export function exifOrientation(data: Buffer): number | null {
  if (data.toString('latin1', 0, exifHeader.length) !== exifHeader) return null
  const tiff = data.subarray(exifHeader.length)
  const order = tiff.toString('latin1', 0, 2)
  if (tiff.length < 8 || (order !== 'II' && order !== 'MM')) return null
  const short = (at: number) => (order === 'II' ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at))
  const directory = order === 'II' ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4)
  if (directory + 2 > tiff.length) return null
  for (let index = 0; index < short(directory); index++) {
    const entry = directory + 2 + index * 12
    if (entry + 12 > tiff.length) return null
    if (short(entry) !== orientationTag) continue
    const value = short(entry + 8)
    return value >= 2 && value <= 8 ? value : null
  }
  return null
}

/** An APP1 segment that says this and no more. */
export function orientationSegment(orientation: number): Buffer {
  const tiff = Buffer.alloc(26)
  tiff.write('MM\0*', 0, 'latin1')
  tiff.writeUInt32BE(8, 4)
  tiff.writeUInt16BE(1, 8)
  tiff.writeUInt16BE(orientationTag, 10)
  tiff.writeUInt16BE(shortType, 12)
  tiff.writeUInt32BE(1, 14)
  tiff.writeUInt16BE(orientation, 18)
  const head = Buffer.from([0xff, 0xe1, 0, 2 + exifHeader.length + tiff.length])
  return Buffer.concat([head, Buffer.from(exifHeader, 'latin1'), tiff])
}
