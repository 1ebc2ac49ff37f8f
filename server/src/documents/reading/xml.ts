import { SaxesParser } from 'saxes'
import { DocumentError } from '../document.ts'
import { markedEncoding } from '../text-decoding.ts'

export interface XmlTag {
  /** Without its prefix. */
  name: string
  /** By their names with prefix. */
  attributes: Record<string, string>
}

export interface XmlHandler {
  open?(tag: XmlTag): void
  text?(text: string): void
  close?(name: string): void
}

const maxDepth = 256
const chunkLength = 65_536

/**
 * Reads XML in UTF-8 or UTF-16 piece by piece. A document type is refused, and with it every entity but XML's own five:
 * nothing is expanded, nothing fetched.
 *
 * @throws DocumentError `bomb` for a document type, `broken` for what is not well-formed
 */
export function readXml(bytes: Uint8Array, handler: XmlHandler) {
  const parser = new SaxesParser({ xmlns: false, position: false })
  let depth = 0
  parser.on('doctype', () => {
    throw declaresEntities()
  })
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', (tag) => {
    depth += 1
    if (depth > maxDepth) throw new DocumentError('broken', 'This file is nested too deeply to be read.')
    handler.open?.({ name: localName(tag.name), attributes: tag.attributes })
  })
  parser.on('text', (text) => handler.text?.(text))
  parser.on('cdata', (text) => handler.text?.(text))
  parser.on('closetag', (tag) => {
    depth -= 1
    handler.close?.(localName(tag.name))
  })
  const decoder = new TextDecoder(markedEncoding(bytes))
  for (let at = 0; at < bytes.length; at += chunkLength) {
    const stream = at + chunkLength < bytes.length
    parser.write(decoder.decode(bytes.subarray(at, at + chunkLength), { stream }))
  }
  parser.close()
}

/** For parts that another parser is going to read, as UTF-8. */
export function refuseDoctype(bytes: Buffer) {
  if (bytes.includes('<!DOCTYPE') || bytes.includes('<!ENTITY')) throw declaresEntities()
}

function declaresEntities(): DocumentError {
  const message = 'This file declares XML entities, which no Office program writes. Save it anew in its program.'
  return new DocumentError('bomb', message)
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

/** The relationship an element names (`r:id`), whatever prefix the file gives to relationships. */
export function relationshipId({ attributes }: XmlTag): string | undefined {
  return Object.entries(attributes).find(([name]) => name.endsWith(':id'))?.[1]
}
