import { isUtf8 } from 'node:buffer'
import { declaredEncoding, markedEncoding } from '../../documents/text-decoding.ts'

/**
 * A page of the web as documents are read: text in another encoding becomes UTF-8. The encoding is the one that its server
 * names, else the one that the page does; what is valid UTF-8 stays, whatever it is called, and so does what is no text.
 */
export function asUtf8(bytes: Buffer, contentType: string, charset: string | null): Buffer {
  const isText = contentType.startsWith('text/') || contentType === 'application/xhtml+xml'
  if (!isText || markedEncoding(bytes)) return bytes
  const label = charset ?? declaredEncoding(bytes)
  if (label === undefined || isUtf8(bytes)) return bytes
  const decoder = decoderOf(label)
  return decoder ? Buffer.from(decoder.decode(bytes)) : bytes
}

/** Undefined for an encoding that nobody knows. */
function decoderOf(label: string): InstanceType<typeof TextDecoder> | undefined {
  try {
    return new TextDecoder(label)
  } catch {
    return undefined
  }
}
