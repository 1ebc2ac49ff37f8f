import type { ImageKind } from '@chatbot-platform/contract'
import { BrokenImage, type CleanImage, type ReadImage } from './clean-image.ts'
import { readGif } from './image-gif.ts'
import { readJpeg } from './image-jpeg.ts'
import { readPng } from './image-png.ts'
import { readWebp } from './image-webp.ts'

const formats: { kind: ImageKind; isIt: (bytes: Buffer) => boolean; read: (bytes: Buffer) => ReadImage }[] = [
  { kind: 'png', isIt: (bytes) => bytes.subarray(0, 8).equals(pngSignature), read: readPng },
  { kind: 'jpeg', isIt: (bytes) => bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff, read: readJpeg },
  { kind: 'gif', isIt: (bytes) => /^GIF8[79]a$/.test(bytes.toString('latin1', 0, 6)), read: readGif },
  {
    kind: 'webp',
    isIt: (bytes) => bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP',
    read: readWebp,
  },
]

const pngSignature = Buffer.from('89504e470d0a1a0a', 'hex')

/**
 * Reads an image by its content and leaves out what does not show: text, EXIF with its place and device, XMP, thumbnails,
 * and whatever follows its end, so that no other file travels inside it. Null where it is none of the kinds; throws
 * {@link BrokenImage} where it is one and cannot be read.
 */
export function cleanImage(bytes: Buffer): CleanImage | null {
  const format = formats.find(({ isIt }) => isIt(bytes))
  if (!format) return null
  try {
    return { kind: format.kind, ...format.read(bytes) }
  } catch (error) {
    // Reading on behind the end.
    if (error instanceof RangeError) throw new BrokenImage('the image breaks off')
    throw error
  }
}
