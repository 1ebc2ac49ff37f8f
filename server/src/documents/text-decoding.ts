import { DocumentError } from './document.ts'

const advice = 'Save it as UTF-8 text and upload it again.'

/** UTF-16, where a byte order mark says so. */
export function markedEncoding(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  const [first, second] = bytes
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  return first === 0xfe && second === 0xff ? 'utf-16be' : undefined
}

/** Where an HTML page has to name its encoding: https://html.spec.whatwg.org/multipage/semantics.html#charset */
const declarationBytes = 1024

/** The encoding that a page names at its beginning, as it calls it. UTF-16 it cannot be, where this can be read. */
export function declaredEncoding(bytes: Buffer): string | undefined {
  const head = bytes.toString('latin1', 0, declarationBytes)
  const [, name] =
    /<meta\s[^>]*charset\s*=\s*["']?\s*([\w:.-]+)/i.exec(head) ??
    /^<\?xml\s[^>]*encoding\s*=\s*["']([\w:.-]+)/i.exec(head) ??
    []
  return name && !/^utf-?16/i.test(name) ? name : undefined
}

/** In UTF-16 without a mark every other byte of Latin text is zero; so much of its beginning tells. */
const unmarkedBytes = 4096
const zeroShare = 0.4

/** UTF-16 without a byte order mark, where that is plain to see. */
export function unmarkedUtf16(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  const zeros = [0, 0]
  const length = Math.min(bytes.length, unmarkedBytes) & ~1
  for (let at = 0; at < length; at += 1) if (bytes[at] === 0) zeros[at & 1] = (zeros[at & 1] ?? 0) + 1
  const [even = 0, odd = 0] = zeros
  const least = (length / 2) * zeroShare
  if (length === 0 || (even > 0 && odd > 0)) return undefined
  if (odd >= least) return 'utf-16le'
  return even >= least ? 'utf-16be' : undefined
}

/** Undefined where the bytes are none of this encoding, or nobody knows it. With `cut` they may end within a character. */
export function tryDecode(bytes: Uint8Array, encoding: string, cut = false): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream: cut })
  } catch {
    return undefined
  }
}

/**
 * The first bytes of a text in any encoding, to look at: its Latin letters are right, others may not be.
 *
 * @throws DocumentError `not_text`
 */
export function peekText(head: Uint8Array): string {
  const known = markedEncoding(head) ?? unmarkedUtf16(head)
  if (known) return requireText(tryDecode(head, known, true) ?? notText(`it is not valid ${known.toUpperCase()}`))
  return requireText(tryDecode(head, 'utf-8', true) ?? new TextDecoder('windows-1252').decode(head))
}

/** The text as it is, if it holds nothing that no text does. Throws DocumentError `not_text`. */
export function requireText(text: string): string {
  const odd = controlCharacter(text)
  return odd === undefined ? text : notText(`it contains ${odd}`)
}

export function notText(reason: string): never {
  throw new DocumentError('not_text', `This file is not text that can be read (${reason}). ${advice}`)
}

/** Tab, line feed, vertical tab, form feed, carriage return and escape (colours in logs) occur in text; the other controls do not. */
export function controlCharacter(text: string): string | undefined {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code >= 32 || (code >= 9 && code <= 13) || code === 27) continue
    return code === 0 ? 'NUL characters' : 'control characters'
  }
  return undefined
}
