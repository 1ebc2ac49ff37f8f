import { z } from 'zod'
import { Id, Timestamp } from './common.ts'
import { endpoint } from './endpoint.ts'
import { ProjectParams } from './projects.ts'

/** What may be attached, told by its content alone. */
export const ImageKind = z.enum(['png', 'jpeg', 'webp', 'gif'])
export type ImageKind = z.infer<typeof ImageKind>

/** What one image, and the images of one message together, may have. */
export const attachmentLimits = {
  /** Of one image. */
  bytes: 10 * 1024 * 1024,
  /** Pixels of the longer side. */
  side: 8192,
  perMessage: 4,
  messageBytes: 20 * 1024 * 1024,
} as const

/** An image of a message, or one that waits for its message. Its bytes are those that are stored. */
export const Attachment = z.object({
  id: Id,
  kind: ImageKind,
  bytes: z.int(),
  width: z.int(),
  height: z.int(),
  created_at: Timestamp,
})
export type Attachment = z.infer<typeof Attachment>

/** The images that a message is sent with, in their order. */
export const AttachmentIds = z
  .array(Id)
  .max(attachmentLimits.perMessage)
  .refine((ids) => new Set(ids.map((id) => id.toLowerCase())).size === ids.length, { error: 'Name each image once' })

/** The body of an upload: one part named `file`. */
export const AttachmentForm = z.object({ file: z.file() })

export const attachments = {
  upload: endpoint({
    method: 'POST',
    path: '/projects/{project_id}/attachments',
    access: 'user',
    status: 201,
    tag: 'Chat',
    summary: 'Give an image in, to be sent with a message within a day',
    params: ProjectParams,
    body: AttachmentForm,
    bodyType: 'multipart',
    response: Attachment,
  }),
  content: endpoint({
    method: 'GET',
    path: '/attachments/{attachment_id}/content',
    access: 'user',
    status: 200,
    tag: 'Chat',
    summary: 'The image itself',
    params: z.object({ attachment_id: Id }),
    file: 'image/*',
  }),
} as const
