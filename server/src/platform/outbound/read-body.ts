import { Readable, type Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createBrotliDecompress, createGunzip } from 'node:zlib'
import { OutboundError } from './outbound-error.ts'

/** What {@link readBody} understands, for the header of the request. */
export const acceptedEncodings = 'gzip, br'

/**
 * The whole body, decompressed. Stops as soon as more than `maxBytes` have come, before or after decompression: throws
 * `too_large` then, `content_type` for an encoding that was not asked for.
 */
export async function readBody(body: Readable, encoding: string | undefined, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  const decoder = decoderOf(encoding)
  const collect = async (source: AsyncIterable<Buffer>) => {
    for await (const chunk of limited(source, maxBytes)) chunks.push(chunk)
  }
  if (decoder) await pipeline(Readable.from(limited(body, maxBytes)), decoder, collect)
  else await pipeline(body, collect)
  return Buffer.concat(chunks)
}

export function tooLarge(maxBytes: number): OutboundError {
  const size =
    maxBytes < 1024 * 1024 ? `${Math.ceil(maxBytes / 1024)} KiB` : `${Math.floor(maxBytes / 1024 / 1024)} MiB`
  return new OutboundError('too_large', `The answer is larger than ${size}.`)
}

async function* limited(source: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Buffer> {
  let total = 0
  for await (const chunk of source) {
    total += chunk.length
    if (total > maxBytes) throw tooLarge(maxBytes)
    yield chunk
  }
}

function decoderOf(encoding: string | undefined): Transform | undefined {
  switch (encoding?.trim().toLowerCase() ?? '') {
    case '':
    case 'identity':
      return undefined
    case 'gzip':
    case 'x-gzip':
      return createGunzip()
    case 'br':
      return createBrotliDecompress()
    default:
      throw new OutboundError('content_type', 'The answer is compressed in a way that was not asked for.')
  }
}
