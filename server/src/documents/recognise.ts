import { DocumentError, type DocumentKind } from './document.ts'
import { peekText } from './text-decoding.ts'

const supported = 'Supported are PDF, DOCX, XLSX, PPTX, Markdown, HTML, CSV, TXT and JSON.'

const textKinds: Record<string, DocumentKind> = {
  '': 'text',
  txt: 'text',
  text: 'text',
  log: 'text',
  md: 'markdown',
  markdown: 'markdown',
  mdx: 'markdown',
  html: 'html',
  htm: 'html',
  xhtml: 'html',
  csv: 'csv',
  tsv: 'csv',
  json: 'json',
  jsonl: 'json',
  ndjson: 'json',
}

const officeFolders = { word: 'docx', xl: 'xlsx', ppt: 'pptx' } as const
const officeKinds: ReadonlySet<string> = new Set(Object.values(officeFolders))
const oldOffice: ReadonlySet<string> = new Set(['doc', 'xls', 'ppt'])

/**
 * The kind of a document, from its first bytes (64 KiB are enough) and its name. Binary kinds are told by their content
 * alone; text is checked to be text and told apart by its name.
 *
 * @throws DocumentError `unsupported_type`, `not_text`, `encrypted` or `empty`
 */
export function recognise(head: Buffer, name: string): DocumentKind {
  const extension = extensionOf(name)
  if (head.length === 0) throw new DocumentError('empty', 'This file is empty. Upload one that has content.')
  // Readers of PDF accept anything before the header within the first KiB; so do senders of PDF.
  if (head.subarray(0, 1024).includes('%PDF-')) return 'pdf'
  if (head.subarray(0, 4).equals(localHeader)) return officeKind(head, extension)
  if (head.subarray(0, 8).equals(compoundFile)) throw compoundFileError(head, extension)
  const text = decodeHead(head, extension)
  const kind = textKinds[extension]
  if (kind && extension !== '') return kind
  // Pages from the web have names like `guide` or `index.php`.
  if (/^\s*(?:<!--[\s\S]*?-->\s*)*<(?:!doctype\s+html|html)[\s>]/i.test(text.slice(0, 2000))) return 'html'
  if (kind) return kind
  throw unsupported(extension)
}

/** What follows a name's last dot, in small letters; empty where that is no extension. */
export function extensionOf(name: string): string {
  return /\.([\p{L}\d_-]{1,16})$/u.exec(name)?.[1]?.toLowerCase() ?? ''
}

/** A name that promises a binary kind is the better explanation when the content is not even text. */
function decodeHead(head: Buffer, extension: string): string {
  const text = textOrError(head)
  if (extension !== 'pdf' && !officeKinds.has(extension)) {
    if (text instanceof DocumentError) throw textKinds[extension] ? text : unsupported(extension)
    return text
  }
  const kind = extension.toUpperCase()
  throw new DocumentError(
    'unsupported_type',
    `This file is named like a ${kind} file but is none. Export it as ${kind} again.`,
  )
}

function textOrError(head: Buffer): string | DocumentError {
  try {
    return peekText(head)
  } catch (error) {
    if (error instanceof DocumentError) return error
    throw error
  }
}

function unsupported(extension: string): DocumentError {
  return new DocumentError('unsupported_type', `Files named “.${extension}” cannot be read. ${supported}`)
}

const localHeader = Buffer.from('PK\u0003\u0004', 'latin1')

/**
 * Office Open XML is a zip whose members lie in a folder named after the application. Local headers are read where they
 * are found, since a member's size may stand behind it; the reader later looks at the zip's own directory.
 */
function officeKind(head: Buffer, extension: string): DocumentKind {
  for (let at = 0; at !== -1; at = head.indexOf(localHeader, at + 4)) {
    const name = head.toString('latin1', at + 30, at + 30 + (at + 28 <= head.length ? head.readUInt16LE(at + 26) : 0))
    const folder = /^(word|xl|ppt)\//.exec(name)?.[1]
    if (folder === 'word' || folder === 'xl' || folder === 'ppt') return officeFolders[folder]
  }
  // The folder's first member can lie behind the head, after large pictures for instance.
  if (extension === 'docx' || extension === 'xlsx' || extension === 'pptx') return extension
  throw new DocumentError(
    'unsupported_type',
    `Archives cannot be read. Upload the files in it one by one. ${supported}`,
  )
}

/** Container of the old binary Office formats and of password-protected new ones (MS-CFB 2.2). */
const compoundFile = Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1])

function compoundFileError(head: Buffer, extension: string): DocumentError {
  // MS-OFFCRYPTO 2.3.4: the stream that holds an encrypted package.
  if (officeKinds.has(extension) || head.includes(Buffer.from('EncryptedPackage', 'utf16le')))
    return new DocumentError(
      'encrypted',
      'This file is protected by a password. Remove the password and upload it again.',
    )
  if (!oldOffice.has(extension)) return unsupported(extension)
  const kind = `${extension.toUpperCase()}X`
  return new DocumentError('unsupported_type', `This is an old Office format. Save it as ${kind} and upload it again.`)
}
