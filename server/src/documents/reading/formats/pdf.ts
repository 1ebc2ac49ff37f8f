import { getDocumentProxy } from 'unpdf'
import { DocumentError } from '../../document.ts'
import type { FormatInput, FormatResult } from '../format.ts'
import { titleOf } from '../text-builder.ts'
import { createPageReader } from './pdf-page.ts'

type Pdf = Awaited<ReturnType<typeof getDocumentProxy>>

/** PDF page by page, in the order its text is written in; fonts without a map to Unicode give nothing. */
export async function readPdf({ bytes, builder, limits, progress }: FormatInput): Promise<FormatResult> {
  const pdf = await open(bytes)
  const pages = pdf.numPages
  if (pages > limits.pages)
    throw new DocumentError(
      'too_many_pages',
      `This PDF has ${pages} pages; ${limits.pages} are allowed. Split it into smaller files.`,
    )
  const title = await titleOfPdf(pdf)
  const readPage = createPageReader(builder)
  for (let number = 1; number <= pages; number += 1) {
    const page = await pdf.getPage(number)
    const { items } = await page.getTextContent()
    builder.page(number)
    readPage(items)
    page.cleanup()
    progress(number, pages)
  }
  if (builder.length() === 0)
    throw new DocumentError(
      'empty',
      'This PDF holds pictures of pages but no text. Run text recognition (OCR) on it and upload it again.',
    )
  return { title, pages }
}

async function open(bytes: Buffer): Promise<Pdf> {
  try {
    return await getDocumentProxy(new Uint8Array(bytes), {
      verbosity: 0,
      useSystemFonts: false,
      disableFontFace: true,
      useWasm: false,
      useWorkerFetch: false,
      enableXfa: false,
      isOffscreenCanvasSupported: false,
      isImageDecoderSupported: false,
      maxImageSize: 0,
    })
  } catch (error) {
    if (error instanceof Error && error.name === 'PasswordException')
      throw new DocumentError(
        'encrypted',
        'This PDF is protected by a password. Remove the password and upload it again.',
        { cause: error },
      )
    throw error
  }
}

async function titleOfPdf(pdf: Pdf): Promise<string | null> {
  const { info } = await pdf.getMetadata().catch(() => ({ info: {} }))
  const title = 'Title' in info && typeof info.Title === 'string' ? titleOf(info.Title) : ''
  return title === '' ? null : title
}
