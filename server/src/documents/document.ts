export type DocumentKind = 'pdf' | 'docx' | 'xlsx' | 'pptx' | 'markdown' | 'html' | 'csv' | 'text' | 'json'

/** A part of a document, small enough to be quoted to a model and large enough to make sense alone. */
export interface Passage {
  /** Position among the document's passages, from 0. */
  ordinal: number
  text: string
  /** Headings above it (`Guide › Install`), or the name of its sheet or slide. */
  heading: string | null
  /** PDF page or slide, from 1. */
  page: number | null
  /**
   * UTF-16 offsets into the document's whole extracted text. Passages do not overlap; in order they make up that text but for
   * whitespace between them.
   */
  start: number
  end: number
  /** ISO 639-1, or `und`. */
  language: string
  /** An estimate: models count differently. */
  tokens: number
}

/** What was read from a document. */
export interface ReadDocument {
  kind: DocumentKind
  /** The title it gives itself (properties, `<title>`, first heading). */
  title: string | null
  /** PDF pages or slides. */
  pages: number | null
  /** Length of the extracted text in UTF-16 units. */
  characters: number
  language: string
  /** The encoding of its text (WHATWG's name), where that had to be guessed. */
  encoding: string | null
  passages: Passage[]
}

/** What reading one document may cost. */
export interface DocumentLimits {
  /** Size of the file. */
  bytes: number
  pages: number
  /** Length of the extracted text in UTF-16 units. */
  characters: number
  /** From the start of the reading process; its own start and end are within half a minute then. */
  timeMs: number
  /** Resident memory of the process that reads, in MiB. */
  memoryMb: number
  /** How many times its packed size an Office file (a zip) may have when unpacked. */
  unzipRatio: number
}

export const defaultDocumentLimits: DocumentLimits = {
  bytes: 50 * 1024 * 1024,
  pages: 2000,
  characters: 5_000_000,
  timeMs: 28_000,
  memoryMb: 512,
  unzipRatio: 100,
}

export const documentErrorCodes = [
  'unsupported_type',
  'not_text',
  'encrypted',
  'broken',
  'too_many_pages',
  'too_much_text',
  'too_large',
  'bomb',
  'timeout',
  'out_of_memory',
  'empty',
] as const

export type DocumentErrorCode = (typeof documentErrorCodes)[number]

/** A document that cannot be read. The message is a sentence or two for its owner: what is wrong and what to do. */
export class DocumentError extends Error {
  readonly code: DocumentErrorCode

  constructor(code: DocumentErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DocumentError'
    this.code = code
  }
}
