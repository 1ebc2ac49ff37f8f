import { isUtf8 } from 'node:buffer'

/** Where an HTML page has to name its encoding: https://html.spec.whatwg.org/multipage/semantics.html#charset */
const declarationBytes = 1024

/**
 * A page of the web as documents are read: text in another encoding becomes UTF-8. The encoding is the one that its server
 * names, else the one that the page does; what is valid UTF-8 stays, whatever it is called, and so does what is no text.
 */
export function asUtf8(bytes: Buffer, contentType: string, charset: string | null): Buffer {
  const isText = contentType.startsWith('text/') || contentType === 'application/xhtml+xml'
  if (!isText || hasByteOrderMark(bytes)) return bytes
  const label = charset ?? declaredIn(bytes)
  if (label === undefined || isUtf8(bytes)) return bytes
  const decoder = decoderOf(label)
  return decoder ? Buffer.from(decoder.decode(bytes)) : bytes
}

function declaredIn(bytes: Buffer): string | undefined {
  const head = bytes.toString('latin1', 0, declarationBytes)
  return /<meta\s[^>]*charset\s*=\s*["']?\s*([\w:.-]+)/i.exec(head)?.[1]
}

function hasByteOrderMark(bytes: Buffer): boolean {
  const [first, second] = bytes
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)
}

/** Undefined for an encoding that nobody knows. */
function decoderOf(label: string): InstanceType<typeof TextDecoder> | undefined {
  try {
    return new TextDecoder(label)
  } catch {
    return undefined
  }
}
