import { crc32, deflateSync } from 'node:zlib'

/** A part of a PNG: https://www.w3.org/TR/png-3/#5Chunk-layout */
export function pngChunk(type: string, data: Buffer | string): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), Buffer.from(data)])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(body.length - 4, 0)
  frame.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
}

/** A PNG of one colour, with further parts before its picture. */
export function png({ width = 2, height = 1, colour = [200, 30, 30], extra = [] as Buffer[] } = {}): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2], 8)
  const row = Buffer.concat([Buffer.from([0]), ...Array.from({ length: width }, () => Buffer.from(colour))])
  const pixels = deflateSync(Buffer.concat(Array.from({ length: height }, () => row)))
  const parts = [pngChunk('IHDR', header), ...extra, pngChunk('IDAT', pixels), pngChunk('IEND', '')]
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), ...parts])
}

/** A segment of a JPEG. */
export function jpegSegment(marker: number, data: Buffer | string): Buffer {
  const body = Buffer.from(data)
  return Buffer.concat([Buffer.from([0xff, marker, (body.length + 2) >> 8, (body.length + 2) & 255]), body])
}

/** What a reader of JPEG's structure sees in a photograph, with further segments before the frame. */
export function jpeg(extra: Buffer[] = [], { width = 640, height = 480 } = {}): Buffer {
  const frame = Buffer.from([8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0])
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    jpegSegment(0xe0, Buffer.from('JFIF\0\x01\x02\0\0\x01\0\x01\0\0', 'latin1')),
    ...extra,
    jpegSegment(0xdb, Buffer.alloc(65, 1)),
    jpegSegment(0xc0, frame),
    jpegSegment(0xda, Buffer.from([1, 1, 0, 0, 63, 0])),
    Buffer.from([0x12, 0x34, 0xff, 0x00, 0x56, 0xff, 0xd0, 0x78]),
    Buffer.from([0xff, 0xd9]),
  ])
}

/** The EXIF of a camera: which way it was held, and a name in the place of a location. */
export function exif(orientation: number, secret: string): Buffer {
  const entry = Buffer.from([0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0])
  const tiff = Buffer.concat([
    Buffer.from('II*\0\x08\0\0\0\x01\0', 'latin1'),
    entry,
    Buffer.alloc(4),
    Buffer.from(secret),
  ])
  return jpegSegment(0xe1, Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]))
}

/** A GIF of one pixel, with further blocks before its picture. */
export function gif(extra: Buffer[] = []): Buffer {
  return Buffer.concat([
    Buffer.from('GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff', 'latin1'),
    ...extra,
    Buffer.from('2c000000000100010000020244010 03b'.replace(' ', ''), 'hex'),
  ])
}

/** A chunk of a WebP. */
export function webpChunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(data.length)
  return Buffer.concat([Buffer.from(type, 'latin1'), length, data, Buffer.alloc(data.length % 2)])
}

/** A lossless WebP of 1 × 1 in the extended form, with further chunks behind its picture. */
export function webp(extra: Buffer[] = [], flags = 0x0c): Buffer {
  const chunks = [
    webpChunk('VP8X', Buffer.from([flags, 0, 0, 0, 0, 0, 0, 0, 0, 0])),
    webpChunk('VP8L', Buffer.from('2f00000010071011118888fe0700', 'hex')),
    ...extra,
  ]
  const body = Buffer.concat([Buffer.from('WEBP', 'latin1'), ...chunks])
  const length = Buffer.alloc(4)
  length.writeUInt32LE(body.length)
  return Buffer.concat([Buffer.from('RIFF', 'latin1'), length, body])
}

/** As a form sends it. */
export function imageFile(content: Buffer = png(), name = 'image.png'): File {
  return new File([new Uint8Array(content)], name)
}

export function smallImage(): File {
  return imageFile()
}
