import { DocumentError } from './document.ts'

const advice = 'Save it as UTF-8 text and upload it again.'

/**
 * The text of bytes in UTF-8, or in UTF-16 with a byte order mark, without that mark. With `cut` the bytes may end within a
 * character, which is then left out.
 *
 * @throws DocumentError `not_text`
 */
export function decodeText(bytes: Uint8Array, { cut = false } = {}): string {
  const encoding = encodingOf(bytes)
  const text = decode(bytes, encoding, cut)
  const odd = controlCharacter(text)
  if (odd !== undefined) throw new DocumentError('not_text', `This file is not text (it contains ${odd}). ${advice}`)
  return text
}

/** The encoding a byte order mark names; without one UTF-8. */
export function encodingOf(bytes: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  return 'utf-8'
}

function decode(bytes: Uint8Array, encoding: string, cut: boolean): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream: cut })
  } catch (error) {
    const name = encoding.toUpperCase()
    throw new DocumentError('not_text', `This file is not valid ${name} text. ${advice}`, { cause: error })
  }
}

/** Tab, line feed, vertical tab, form feed, carriage return and escape (colours in logs) occur in text; the other controls do not. */
function controlCharacter(text: string): string | undefined {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code >= 32 || (code >= 9 && code <= 13) || code === 27) continue
    return code === 0 ? 'NUL characters' : 'control characters'
  }
  return undefined
}
