import { describe, expect, test } from 'vitest'
import { BrokenImage } from '../../src/modules/attachments/clean-image.ts'
import { cleanImage } from '../../src/modules/attachments/image.ts'
import { exif, gif, jpeg, jpegSegment, png, pngChunk, webp, webpChunk } from '../support/images.ts'

const secret = 'Musterweg 5, 48.2082 N 16.3738 E'

function cleaned(bytes: Buffer) {
  const image = cleanImage(bytes)
  if (!image) throw new Error('this is no image')
  return image
}

describe('what an image is', () => {
  test('its content says, with its size in pixels', () => {
    const sizes = [png({ width: 7, height: 3 }), jpeg(), gif(), webp()].map(cleaned)
    expect(sizes.map(({ kind, width, height }) => [kind, width, height])).toEqual([
      ['png', 7, 3],
      ['jpeg', 640, 480],
      ['gif', 1, 1],
      ['webp', 1, 1],
    ])
  })

  test.each([
    ['a drawing that can hold scripts', '<svg xmlns="http://www.w3.org/2000/svg"/>'],
    ['a page', '<!doctype html><script>alert(1)</script>'],
    ['a document', '%PDF-1.7'],
    ['nothing', ''],
    ['the beginning of a signature', '\x89PN'],
  ])('is none: %s', (_name, text) => {
    expect(cleanImage(Buffer.from(text, 'latin1'))).toBeNull()
  })

  test.each([
    ['png', png()],
    ['jpeg', jpeg()],
    ['gif', gif()],
    ['webp', webp()],
  ])('a %s that breaks off anywhere is broken', (_kind, whole) => {
    for (let length = 13; length < whole.length; length++) {
      expect(() => cleanImage(whole.subarray(0, length)), `after ${length} bytes`).toThrow(BrokenImage)
    }
  })
})

describe('what does not show is left out', () => {
  test('of a JPEG: EXIF but for which way is up, XMP, comments and notes of editors', () => {
    const notes = [0xe1, 0xed, 0xec, 0xfe].map((marker) =>
      jpegSegment(marker, `http://ns.adobe.com/xap/1.0/\0${secret}`),
    )
    const { content } = cleaned(jpeg([exif(6, secret), ...notes]))
    expect(content.includes(secret)).toBe(false)
    expect(content.subarray(0, -200).length).toBeLessThan(jpeg([exif(6, secret)]).length)
    const orientation = content.indexOf('Exif')
    expect(content.subarray(orientation + 6 + 10, orientation + 6 + 20).toString('hex')).toBe('01120003000000010006')
    expect(cleaned(content).content).toEqual(content)
  })

  test('of a JPEG: colours stay, and a photograph that is upright gets no EXIF', () => {
    const icc = jpegSegment(0xe2, `ICC_PROFILE\0\x01\x01 of the screen`)
    const pictures = jpegSegment(0xe2, `MPF\0${secret}`)
    expect(cleaned(jpeg([icc, pictures, exif(1, secret)])).content).toEqual(jpeg([icc]))
  })

  test('of a PNG: text, EXIF and times', () => {
    const extra = ['tEXt', 'zTXt', 'iTXt', 'eXIf', 'tIME'].map((type) => pngChunk(type, secret))
    expect(cleaned(png({ extra })).content).toEqual(png())
  })

  test('of a WebP: EXIF and XMP, with the flags that announce them', () => {
    const extra = ['EXIF', 'XMP ', 'ABCD'].map((type) => webpChunk(type, Buffer.from(secret)))
    expect(cleaned(webp(extra)).content).toEqual(webp([], 0))
  })

  test('of a GIF: comments, but not how often it repeats', () => {
    const block = (label: number, text: string) =>
      Buffer.concat([Buffer.from([0x21, label, text.length]), Buffer.from(text, 'latin1'), Buffer.from([0])])
    const repeats = Buffer.from('21ff0b4e45545343415045322e300301000000', 'hex')
    expect(cleaned(gif([block(0xfe, secret), repeats, block(0xff, `XMP DataXMP${secret}`)])).content).toEqual(
      gif([repeats]),
    )
  })

  test.each([
    ['png', png()],
    ['jpeg', jpeg()],
    ['gif', gif()],
    ['webp', webp([], 0)],
  ])('another file behind the end of a %s', (_kind, image) => {
    const page = Buffer.from(`<script>${secret}</script>PK\x05\x06`)
    expect(cleaned(Buffer.concat([image, page])).content).toEqual(image)
  })
})
