import type { DocumentLimits } from '../document.ts'
import type { TextBuilder } from './text-builder.ts'

/** What the reader of a format gets. */
export interface FormatInput {
  bytes: Buffer
  /** Its bytes as text; `declared` is the encoding that the document names. Throws DocumentError `not_text`. */
  decode(declared?: string): Promise<string>
  name: string
  limits: DocumentLimits
  builder: TextBuilder
  /** Tells how far it is, in the format's own measure (pages, sheets, bytes). */
  progress(done: number, total: number | null): void
}

/** What a format knows of its document besides the text. */
export interface FormatResult {
  title: string | null
  pages: number | null
}

/** Reads a document's text into the builder. Throws DocumentError where it can tell what is wrong. */
export type FormatReader = (input: FormatInput) => Promise<FormatResult>
