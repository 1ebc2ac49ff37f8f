import { controlCharacter, markedEncoding, notText, requireText, tryDecode, unmarkedUtf16 } from '../text-decoding.ts'

export interface DecodedText {
  text: string
  /** The name of its encoding (WHATWG) where that was guessed; null where the bytes or the document say it. */
  guessed: string | null
}

/** Guessing costs some 0.2 ms a KiB. */
const sampleBytes = 65_536
/** Of UTF-8 that is broken in places, so many characters beyond ASCII are whole for each that is not. */
const wholePerBroken = 4

/**
 * The text of bytes in UTF-8, in UTF-16 or in whatever encoding they are likely to have, without a byte order mark.
 * `declared` is the encoding that the document names.
 *
 * @throws DocumentError `not_text`
 */
export async function decodeText(bytes: Uint8Array, declared?: string): Promise<DecodedText> {
  const marked = markedEncoding(bytes)
  if (marked) return known(tryDecode(bytes, marked) ?? notText(`it is not valid ${marked.toUpperCase()}`))
  const unmarked = unmarkedUtf16(bytes)
  const wide = unmarked && tryDecode(bytes, unmarked)
  if (unmarked && wide !== undefined) return { text: requireText(wide), guessed: unmarked }
  const named = tryDecode(bytes, 'utf-8') ?? (declared === undefined ? undefined : tryDecode(bytes, declared))
  return named === undefined ? guess(bytes) : known(named)
}

function known(text: string): DecodedText {
  return { text: requireText(text), guessed: null }
}

async function guess(bytes: Uint8Array): Promise<DecodedText> {
  const lossy = new TextDecoder().decode(bytes)
  if (isMostlyWhole(lossy)) return { text: requireText(lossy), guessed: 'utf-8' }
  // Loaded when it is needed: nearly all text is UTF-8.
  const { analyse } = await import('chardet')
  for (const { name } of analyse(sampleOf(bytes))) {
    const text = tryDecode(bytes, name)
    if (text !== undefined && !hasControls(text)) return { text, guessed: new TextDecoder(name).encoding }
  }
  return notText('its encoding is not one that is known here')
}

/** Controls, of which a wrong guess makes many, beyond those that occur in text. */
function hasControls(text: string): boolean {
  return controlCharacter(text) !== undefined || /[\u0080-\u0084\u0086-\u009f]/.test(text)
}

function isMostlyWhole(text: string): boolean {
  let whole = 0
  let broken = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === 0xfffd) broken += 1
    else if (code > 127) whole += 1
  }
  return whole >= broken * wholePerBroken
}

/** From a little before the first byte beyond ASCII: what stands before says nothing. */
function sampleOf(bytes: Uint8Array): Uint8Array {
  const from = Math.max(0, bytes.findIndex((byte) => byte > 127) - 1024)
  return bytes.subarray(from, from + sampleBytes)
}
