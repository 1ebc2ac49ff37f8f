import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { toyVector } from './toy-embedding.ts'

/** How the server answers one request in place of vectors. */
export type Mishap =
  | { status: number; headers?: Record<string, string>; body?: unknown }
  | { hang: true }
  | { dimensions: number }

export interface EmbeddingServer {
  /** With `/v1`. */
  url: string
  /** The texts of each request, in order. */
  requests: string[][]
  /** The next requests go wrong, one each. */
  suffers(...mishaps: Mishap[]): void
  close(): Promise<void>
}

interface Asked {
  input: string[]
  encoding_format?: string
  dimensions?: number
}

/** A server that speaks `/v1/embeddings` as https://platform.openai.com/docs/api-reference/embeddings describes it. */
export async function startEmbeddingServer(
  options: { dimensions?: number; numbers?: boolean } = {},
): Promise<EmbeddingServer> {
  const requests: string[][] = []
  const mishaps: Mishap[] = []
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const asked = JSON.parse(Buffer.concat(pieces).toString()) as Asked
      requests.push(asked.input)
      const mishap = mishaps.shift()
      if (mishap && 'hang' in mishap) return
      if (mishap && 'status' in mishap) {
        response.writeHead(mishap.status, { 'content-type': 'application/json', ...mishap.headers })
        return void response.end(JSON.stringify(mishap.body ?? { error: { message: 'no', type: 'error' } }))
      }
      const dimensions = mishap?.dimensions ?? asked.dimensions ?? options.dimensions ?? 512
      const inBase64 = asked.encoding_format === 'base64' && !options.numbers
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(answerTo(asked.input, dimensions, inBase64)))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    suffers: (...more) => void mishaps.push(...more),
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

function answerTo(texts: string[], dimensions: number, inBase64: boolean) {
  const data = texts.map((text, index) => {
    const vector = toyVector(text, dimensions)
    const embedding = inBase64 ? Buffer.from(vector.buffer).toString('base64') : [...vector]
    return { object: 'embedding', index, embedding }
  })
  const tokens = texts.reduce((sum, text) => sum + Math.ceil(text.length / 4), 0)
  return { object: 'list', data, model: 'toy', usage: { prompt_tokens: tokens, total_tokens: tokens } }
}
