import { type Attachment, attachmentLimits, type ImageKind } from '@chatbot-platform/contract'
import { type Database, isUnavailable } from '../../platform/database/database.ts'
import { AppError, invalid, notFound } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Scope } from '../../platform/scope.ts'
import type { FileStorage, StoredContent } from '../../platform/storage/storage.ts'
import {
  bytesInUse,
  findAttachment,
  findProjectId,
  holdProject,
  insertAttachment,
  lockUsage,
  type NewAttachment,
} from './attachments.repository.ts'
import { BrokenImage, type CleanImage } from './clean-image.ts'
import { cleanImage } from './image.ts'
import { toAttachment } from './to-attachment.ts'

interface Deps {
  db: Database
  storage: FileStorage
  logger: Pick<Logger, 'warn'>
  /** What all images of one workspace may have together. */
  limits: { workspaceBytes: number }
}

export type AttachmentsService = ReturnType<typeof createAttachmentsService>

/** Images for messages. Unknown and foreign ids throw the same 404. */
export function createAttachmentsService({ db, storage, logger, limits }: Deps) {
  return {
    /**
     * Takes the first of the files in. Throws 404 for an unknown project, 413 for an image that is too large or has no
     * room, 415 for what is no image, 422 for one that is broken or has too many pixels, and what the storage throws.
     */
    async upload(
      scope: Scope,
      givenProjectId: string,
      files: AsyncIterable<{ content: AsyncIterable<Uint8Array> }>,
    ): Promise<Attachment> {
      const projectId = await db.tenant(scope, (tx) => findProjectId(tx, scope, givenProjectId))
      if (projectId === undefined) throw notFound('project')
      let taken: Attachment | undefined
      for await (const { content } of files) {
        if (taken) throw invalid(['body', 'file'], 'Send one image at a time.')
        taken = await store(scope, projectId, requireImage(await readAll(content)))
      }
      if (!taken) throw invalid(['body', 'file'], 'Send one image, in a form field named file.', 'missing')
      return taken
    },

    async content(scope: Scope, id: string): Promise<StoredContent & { kind: ImageKind }> {
      const row = await db.read(scope, (tx) => findAttachment(tx, scope, id))
      if (!row) throw notFound('image')
      const stored = await storage.read(row.storageKey)
      if (stored) return { kind: row.kind, ...stored }
      logger.warn({ stored_as: row.storageKey }, 'the content of an image is missing from the file storage')
      throw new AppError('not_found', 'The content of this image is missing.')
    },
  }

  /** The bytes first: a row never names what is not there. Bytes without a row are swept away in time. */
  async function store(scope: Scope, projectId: string, { content, kind, width, height }: CleanImage) {
    const id = newId()
    const storageKey = `${scope.workspaceId}/${projectId}/image-${id}`
    const staged = await storage.stage(inOne(content), attachmentLimits.bytes)
    if (staged === 'too_large') throw tooLarge()
    let isKept = false
    try {
      await storage.keep(staged, storageKey)
      const row = await register(scope, { id, projectId, kind, width, height, storageKey, bytes: staged.bytes })
      isKept = true
      return toAttachment(row)
    } catch (error) {
      // Then nobody knows whether the row was committed.
      isKept = isUnavailable(error)
      throw error
    } finally {
      await staged.discard()
      if (!isKept) await forget(storageKey)
    }
  }

  function register(scope: Scope, image: NewAttachment) {
    return db.tenant(scope, async (tx) => {
      await lockUsage(tx, scope)
      if (!(await holdProject(tx, scope, image.projectId))) throw notFound('project')
      if ((await bytesInUse(tx, scope)) + image.bytes > limits.workspaceBytes) {
        throw new AppError('too_large', 'There is no room for more images. Delete conversations that have some.')
      }
      return insertAttachment(tx, scope, image)
    })
  }

  async function forget(key: string): Promise<void> {
    await storage.delete(key).catch((error: unknown) => {
      logger.warn(
        { err: error, stored_as: key },
        'an image that was not taken could not be deleted; it is swept away later',
      )
    })
  }
}

async function readAll(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of content) {
    length += piece.length
    if (length > attachmentLimits.bytes) throw tooLarge()
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

function requireImage(bytes: Buffer): CleanImage {
  const image = readImage(bytes)
  if (image === null) {
    throw new AppError('unsupported_media_type', 'This is no image that can be sent. Send PNG, JPEG, WebP or GIF.')
  }
  const { side } = attachmentLimits
  if (image.width < 1 || image.height < 1) throw broken()
  if (image.width > side || image.height > side) {
    throw invalid(['body', 'file'], `An image may have ${side} pixels a side. Make it smaller.`, 'too_large')
  }
  return image
}

function readImage(bytes: Buffer): CleanImage | null {
  try {
    return cleanImage(bytes)
  } catch (error) {
    if (error instanceof BrokenImage) throw broken()
    throw error
  }
}

function broken(): AppError {
  return invalid(
    ['body', 'file'],
    'This image is broken, or not what it begins as. Save it anew and try again.',
    'broken',
  )
}

function tooLarge(): AppError {
  const megabytes = attachmentLimits.bytes / 1_048_576
  return new AppError('too_large', `An image may have ${megabytes} MB. Make it smaller.`)
}

async function* inOne(content: Buffer): AsyncGenerator<Buffer> {
  yield content
}
