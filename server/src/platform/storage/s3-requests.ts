import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { AwsV4Signer } from 'aws4fetch'
import { Agent, request } from 'undici'
import { storageUnavailable } from './storage.ts'
import type { BucketAddress } from './storage-url.ts'

/** Where a bucket is, and who we are there. */
export interface S3Settings extends BucketAddress {
  accessKeyId: string
  secretAccessKey: string
}

/** Something to send: its size and SHA-256 (hex) are signed, and it is read anew for each attempt. */
export interface S3Upload {
  path: string
  bytes: number
  sha256: string
}

interface S3Request {
  method: 'GET' | 'PUT' | 'DELETE'
  /** With the prefix; empty for the bucket itself. */
  key: string
  query?: Record<string, string>
  upload?: S3Upload
  signal?: AbortSignal
}

export interface S3Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: Readable
}

export type S3Requests = ReturnType<typeof createS3Requests>

/** SHA-256 of nothing. */
const emptyHash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
const attempts = 4
const firstPauseMs = 150
/** To connect, and without a sign of life before or within the answer. */
const connectTimeoutMs = 5000
const silenceTimeoutMs = 20_000

/**
 * Signed requests (AWS Signature Version 4) to an S3-compatible service. What fails on its way, and answers 408, 429 and
 * 5xx, are tried again three times within about two seconds; then it throws 503 `storage_unavailable`, as it does for
 * any answer that is neither a success nor a 404.
 */
export function createS3Requests(settings: S3Settings) {
  const agent = new Agent({
    connect: { timeout: connectTimeoutMs },
    headersTimeout: silenceTimeoutMs,
    bodyTimeout: silenceTimeoutMs,
  })

  return { send, close: () => agent.destroy() }

  async function send(one: S3Request): Promise<S3Answer> {
    for (let attempt = 1; ; attempt++) {
      const result = await sendOnce(one).catch((error: Error) => error)
      one.signal?.throwIfAborted()
      if (!(result instanceof Error) && (result.status < 300 || result.status === 404)) return result
      const reason = result instanceof Error ? result : await refusalOf(result)
      if (attempt === attempts || !(result instanceof Error || isPassing(result.status)))
        throw storageUnavailable(reason)
      await sleep(firstPauseMs * 2 ** (attempt - 1) * (0.5 + Math.random()), undefined, { signal: one.signal })
    }
  }

  async function sendOnce({ method, key, query = {}, upload, signal }: S3Request): Promise<S3Answer> {
    const url = addressOf(settings, key, query)
    const signed = await new AwsV4Signer({
      method,
      url: url.href,
      headers: { 'x-amz-content-sha256': upload?.sha256 ?? emptyHash },
      service: 's3',
      region: settings.region,
      accessKeyId: settings.accessKeyId,
      secretAccessKey: settings.secretAccessKey,
    }).sign()
    const body = upload && upload.bytes > 0 ? createReadStream(upload.path) : null
    try {
      const answer = await request(signed.url, {
        method,
        headers: {
          ...Object.fromEntries(signed.headers),
          ...(upload ? { 'content-length': String(upload.bytes), 'content-type': 'application/octet-stream' } : {}),
        },
        body,
        dispatcher: agent,
        ...(signal ? { signal } : {}),
      })
      return { status: answer.statusCode, headers: answer.headers, body: answer.body }
    } finally {
      body?.destroy()
    }
  }
}

function addressOf(settings: S3Settings, key: string, query: Record<string, string>): URL {
  const url = new URL(settings.endpoint)
  if (settings.virtualHost) url.hostname = `${settings.bucket}.${url.hostname}`
  const path = [...(settings.virtualHost ? [] : [settings.bucket]), ...(key === '' ? [] : [key])].join('/')
  url.pathname = `/${path.split('/').map(encodeURIComponent).join('/')}`
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  return url
}

const isPassing = (status: number) => status === 408 || status === 429 || status >= 500

/** The service's own name for what is wrong, which is for the log. */
async function refusalOf({ status, body }: S3Answer): Promise<Error> {
  const text = await textOf(body).catch(() => '')
  const code = /<Code>([\w.]{1,80})<\/Code>/.exec(text)?.[1]
  return new Error(`the file storage answered ${status}${code ? ` ${code}` : ''}`)
}

const mostText = 4_000_000

/** A short answer as text. Throws where it goes on beyond 4 MB. */
export async function textOf(body: Readable): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of body) {
    length += chunk.length
    if (length > mostText) throw new Error('the file storage answered with too much')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
