import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What is odd about one request: an answer, a connection that breaks, before or within the body, silence, no length. */
export type S3Fault = { status: number } | 'reset' | 'cut' | 'hang' | 'lengthless'

/** A server that speaks as much of S3 as the storage asks for, and believes no signature it has not checked itself. */
export interface S3Server {
  url: string
  objects: Map<string, { content: Buffer; modifiedAt: Date }>
  /** Method and path of every request that was let in. */
  requests: string[]
  /** The next requests meet these, one each. */
  fails(...faults: S3Fault[]): void
  close(): Promise<void>
}

const accessKeyId = 'AKIATEST'
const secretAccessKey = 'a-secret/for+tests='
const region = 'eu-test-1'
const pageSize = 3

/** The settings that lead to it. */
export function s3Settings({ url }: S3Server, prefix = 'chatbot/tests'): Record<string, string> {
  return {
    FILES_URL: `s3://bucket/${prefix}?endpoint=${url}&region=${region}`,
    FILES_ACCESS_KEY_ID: accessKeyId,
    FILES_SECRET_ACCESS_KEY: secretAccessKey,
  }
}

export async function startS3Server(): Promise<S3Server> {
  const objects: S3Server['objects'] = new Map()
  const requests: string[] = []
  const faults: S3Fault[] = []
  const server = createServer((request, response) => void serve(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const fault = faults.shift()
    if (fault === 'reset') request.socket.resetAndDestroy()
    if (fault === 'reset' || fault === 'hang') return
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    const problem = signatureProblem(request, body)
    if (problem) return refuse(response, 403, problem)
    requests.push(`${request.method} ${request.url}`)
    if (typeof fault === 'object') return refuse(response, fault.status, 'SlowDown')
    answer(request, response, body, fault)
  }

  function answer(request: IncomingMessage, response: ServerResponse, body: Buffer, fault?: S3Fault): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://s3')
    const [bucket, ...rest] = pathname.slice(1).split('/')
    const key = decodeURIComponent(rest.join('/'))
    if (bucket !== 'bucket') refuse(response, 404, 'NoSuchBucket')
    else if (request.method === 'GET' && key === '') response.writeHead(200).end(listing(objects, searchParams))
    else if (request.method === 'GET') give(response, objects.get(key)?.content, fault)
    else {
      if (request.method === 'PUT') objects.set(key, { content: body, modifiedAt: new Date() })
      else objects.delete(key)
      response.writeHead(request.method === 'PUT' ? 200 : 204).end()
    }
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    requests,
    fails: (...more) => void faults.push(...more),
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function give(response: ServerResponse, content: Buffer | undefined, fault?: S3Fault): void {
  if (!content) {
    refuse(response, 404, 'NoSuchKey')
    return
  }
  response.writeHead(
    200,
    fault === 'lengthless' ? { 'transfer-encoding': 'chunked' } : { 'content-length': content.length },
  )
  if (fault === 'cut') response.write(content.subarray(0, 10), () => response.socket?.destroy())
  else response.end(content)
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status).end(`<?xml version="1.0"?><Error><Code>${code}</Code></Error>`)
}

function listing(objects: S3Server['objects'], search: URLSearchParams): string {
  const all = [...objects.keys()].filter((key) => key.startsWith(search.get('prefix') ?? '')).sort()
  const from = Number(search.get('continuation-token') ?? 0)
  const contents = all.slice(from, from + pageSize).map((key) => {
    const { content, modifiedAt } = objects.get(key) ?? { content: Buffer.alloc(0), modifiedAt: new Date() }
    const escaped = key.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
    return `<Contents><Key>${escaped}</Key><LastModified>${modifiedAt.toISOString()}</LastModified><Size>${content.length}</Size></Contents>`
  })
  const next = from + pageSize
  const more = next < all.length ? `<NextContinuationToken>${next}</NextContinuationToken>` : ''
  return `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult>${contents.join('')}${more}</ListBucketResult>`
}

/**
 * What is wrong with the signature, by the rules of Signature Version 4:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
function signatureProblem({ method, url = '/', headers }: IncomingMessage, body: Buffer): string | null {
  const form =
    /^AWS4-HMAC-SHA256 Credential=(\S+?)\/(\d{8})\/(\S+?)\/s3\/aws4_request, SignedHeaders=(\S+), Signature=(\w+)$/
  const [, id, day = '', place = '', signed = '', signature = ''] = form.exec(headers.authorization ?? '') ?? []
  if (id !== accessKeyId || place !== region) return 'InvalidAccessKeyId'
  const time = String(headers['x-amz-date'])
  const at = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  if (!time.startsWith(day) || !(Math.abs(Date.now() - at) < 900_000)) return 'RequestTimeTooSkewed'
  const hash = createHash('sha256').update(body).digest('hex')
  if (headers['x-amz-content-sha256'] !== hash) return 'XAmzContentSHA256Mismatch'
  for (const name of ['host', 'x-amz-content-sha256', 'x-amz-date'])
    if (!signed.split(';').includes(name)) return 'AccessDenied'
  const { pathname, searchParams } = new URL(url, 'http://s3')
  const query = [...searchParams]
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .sort()
    .join('&')
  const lines = signed.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`)
  const canonical = [method, pathname, query, lines.join(''), signed, hash].join('\n')
  const scope = `${day}/${region}/s3/aws4_request`
  const digest = createHash('sha256').update(canonical).digest('hex')
  const key = [day, region, 's3', 'aws4_request'].reduce<Buffer>(hmac, Buffer.from(`AWS4${secretAccessKey}`))
  const expected = hmac(key, ['AWS4-HMAC-SHA256', time, scope, digest].join('\n')).toString('hex')
  const isRight = expected.length === signature.length && timingSafeEqual(Buffer.from(expected), Buffer.from(signature))
  return isRight ? null : 'SignatureDoesNotMatch'
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
