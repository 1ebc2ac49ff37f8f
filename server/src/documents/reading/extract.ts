import { DocumentError, type DocumentKind, type DocumentLimits, type Passage } from '../document.ts'
import { recognise } from '../recognise.ts'
import { decodeText } from './decode-text.ts'
import type { FormatReader } from './format.ts'
import { documentLanguage, passageLanguage } from './language.ts'
import { splitText } from './splitter.ts'
import { createTextBuilder } from './text-builder.ts'

/** Formats are loaded when they are needed: a text file must not wait for a PDF library. */
const readers: Record<DocumentKind, () => Promise<FormatReader>> = {
  pdf: async () => (await import('./formats/pdf.ts')).readPdf,
  docx: async () => (await import('./formats/docx.ts')).readDocx,
  xlsx: async () => (await import('./formats/xlsx.ts')).readXlsx,
  pptx: async () => (await import('./formats/pptx.ts')).readPptx,
  markdown: async () => (await import('./formats/markdown.ts')).readMarkdown,
  html: async () => (await import('./formats/html.ts')).readHtml,
  csv: async () => (await import('./formats/csv.ts')).readCsv,
  text: async () => (await import('./formats/text.ts')).readText,
  json: async () => (await import('./formats/json.ts')).readJson,
}

/** Receives a document in parts, in order: passages first, the rest about it last. */
export interface ExtractSink {
  progress(step: 'reading' | 'splitting', done: number, total: number | null): void
  passage(passage: Passage): void
}

export interface Extracted {
  kind: DocumentKind
  title: string | null
  pages: number | null
  characters: number
  language: string
  /** Where it was guessed. */
  encoding: string | null
}

/** Reads a whole document. Throws DocumentError, or whatever a parser throws on what is broken. */
export async function extract(
  bytes: Buffer,
  name: string,
  limits: DocumentLimits,
  sink: ExtractSink,
): Promise<Extracted> {
  const kind = recognise(bytes.subarray(0, 65_536), name)
  const builder = createTextBuilder(limits)
  let encoding: string | null = null
  const read = await readers[kind]()
  const result = await read({
    bytes,
    name,
    limits,
    builder,
    decode: async (declared) => {
      const decoded = await decodeText(bytes, declared)
      encoding = decoded.guessed
      return decoded.text
    },
    progress: (done, total) => sink.progress('reading', done, total),
  })
  const { text, spans } = builder.finish()
  if (text === '') throw new DocumentError('empty', 'There is no text in this file.')
  const language = documentLanguage(text)
  let ordinal = 0
  for (const piece of splitText(text, spans, language === 'und' ? 'en' : language)) {
    sink.passage({ ordinal, ...piece, language: passageLanguage(piece.text, language) })
    ordinal += 1
    sink.progress('splitting', piece.end, text.length)
  }
  return { kind, ...result, characters: text.length, language, encoding }
}
