import type { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { Endpoint } from '@chatbot-platform/contract'
import multipart, { type MultipartFile } from '@fastify/multipart'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError, invalid } from '../errors.ts'
import type { App } from './app.ts'
import { type Answer, type Call, route } from './route.ts'

/** A file of a `multipart/form-data` body, while it arrives. */
export interface UploadedFile {
  /** As the sender calls it: any text at all. */
  name: string
  /** Can be left at any point; what is left of it is passed over. */
  content: AsyncIterable<Uint8Array>
}

/** What the handler of an upload gets beside the rest: the files, one after the other. */
export type UploadCall<E extends Endpoint> = Omit<Call<E>, 'body'> & { files: AsyncIterable<UploadedFile> }

/** Names of the form's field. */
const fields = new Set(['files', 'files[]', 'file'])
/** Of a form, files and other fields together. */
const maxParts = 1000
/** A sender who falls silent is not waited for any longer. */
const silenceMs = 30_000

/**
 * Binds an endpoint whose body is `multipart/form-data`. The body is read while the handler asks for files, never kept in
 * memory, and `maxBytes` long at most, which ends it with 413. Files stand in the field `files`; other fields are passed
 * over. No `Idempotency-Key` is taken, as what it would claim is known only once everything has been read: 422.
 */
export async function uploadRoute<const E extends Endpoint>(
  app: App,
  endpoint: E,
  options: { maxBytes: number },
  handler: (call: UploadCall<E>) => Promise<Answer<E>>,
): Promise<void> {
  // Encapsulated: nowhere else is such a body understood, and no other request passes the plugin's hooks.
  await app.register(async (uploads) => {
    await uploads.register(multipart, {
      throwFileSizeLimit: false,
      limits: {
        fileSize: Number.POSITIVE_INFINITY,
        fieldNameSize: 100,
        fieldSize: 4096,
        fields: maxParts,
        parts: maxParts,
        headerPairs: 20,
      },
    })
    route(uploads, endpoint, async (call) => {
      const { request, reply } = call
      requireUpload(request, options.maxBytes)
      const files = filesOf(request, reply, options.maxBytes)
      return handler({ ...call, files } as unknown as UploadCall<E>)
    })
  })
}

function requireUpload(request: FastifyRequest, maxBytes: number): void {
  if (!request.isMultipart()) throw new AppError('unsupported_media_type', 'Send the body as multipart/form-data.')
  if (request.headers['idempotency-key'] !== undefined) {
    const loc = ['header', 'idempotency-key']
    throw invalid(
      loc,
      'An upload takes no Idempotency-Key and needs none: a file that is there already is not made twice.',
    )
  }
  if (Number(request.headers['content-length']) > maxBytes) throw bodyTooLarge()
}

async function* filesOf(request: FastifyRequest, reply: FastifyReply, maxBytes: number): AsyncGenerator<UploadedFile> {
  const watched = watch(request, reply, maxBytes)
  try {
    for await (const part of request.parts()) {
      if (part.type === 'field') continue
      watched.current = part.file
      if (fields.has(part.fieldname)) yield { name: part.filename ?? '', content: contentOf(part, request) }
      await passOver(part.file)
    }
  } catch (error) {
    throw toAppError(error, request)
  } finally {
    watched.stop()
    // Whoever stopped halfway has an answer to give; what is still on its way must not stand in front of it.
    request.raw.unpipe()
    request.raw.resume()
  }
}

/** Leaving it early does not end the stream, as the parts behind it are to be read too. */
async function* contentOf({ file }: MultipartFile, request: FastifyRequest): AsyncGenerator<Uint8Array> {
  try {
    yield* file.iterator({ destroyOnReturn: false })
  } catch (error) {
    throw toAppError(error, request)
  }
}

async function passOver(file: Readable): Promise<void> {
  if (file.readableEnded || file.destroyed) return
  file.resume()
  await finished(file)
}

/** Ends a request that is too large or has fallen silent, by an error in the file that is being read. */
function watch({ raw }: FastifyRequest, reply: FastifyReply, maxBytes: number) {
  let bytes = 0
  const end = (error: AppError) => {
    // What is still on its way would be read before the next request.
    reply.header('connection', 'close')
    watched.stop()
    if (watched.current) watched.current.destroy(error)
    else raw.destroy(error)
  }
  const silent = () => end(new AppError('malformed_request', 'Nothing came for too long. Send the form again.'))
  const timer = setTimeout(silent, silenceMs).unref()
  const count = (chunk: Uint8Array) => {
    bytes += chunk.length
    timer.refresh()
    if (bytes > maxBytes) end(bodyTooLarge())
  }
  raw.on('data', count)
  const watched = {
    current: undefined as Readable | undefined,
    stop: () => {
      clearTimeout(timer)
      raw.off('data', count)
    },
  }
  return watched
}

function bodyTooLarge(): AppError {
  return new AppError('too_large', 'This is more than a project may hold. Send fewer files at once.')
}

/** What the plugin, its parser and the connection say, as what a caller may be told. */
function toAppError(error: unknown, { raw }: FastifyRequest): unknown {
  if (error instanceof AppError) return error
  const { code = '', message = '' } = error as { code?: string; message?: string }
  if (code === 'FST_PARTS_LIMIT' || code === 'FST_FIELDS_LIMIT') {
    return new AppError('too_large', `A form may have ${maxParts} parts at most. Send fewer files at once.`)
  }
  const isCut = code.startsWith('FST_') || code.startsWith('ERR_STREAM') || (raw.destroyed && !raw.complete)
  if (!isCut && !/multipart|boundary|terminated|malformed|header/i.test(message)) return error
  return new AppError('malformed_request', 'The form is malformed, or it broke off.', { cause: error })
}
