import { attachmentLimits, contract } from '@chatbot-platform/contract'
import type { App } from '../../platform/http/app.ts'
import { route } from '../../platform/http/route.ts'
import { uploadRoute } from '../../platform/http/uploads.ts'
import type { AttachmentsService } from './attachments.service.ts'

/** Of a form, beside the image in it. */
const uploadOverheadBytes = 100_000

/** What strangers have uploaded is shown as an image and is nothing else to a browser. */
const imageHeaders = {
  'content-security-policy': "sandbox; default-src 'none'",
  'x-content-type-options': 'nosniff',
  'cache-control': 'private, max-age=3600',
  vary: 'authorization',
}

export async function attachmentRoutes(app: App, images: AttachmentsService): Promise<void> {
  const maxBytes = attachmentLimits.bytes + uploadOverheadBytes
  await uploadRoute(app, contract.attachments.upload, { maxBytes }, ({ scope, params, files }) =>
    images.upload(scope, params.project_id, files),
  )
  route(app, contract.attachments.content, async ({ scope, params, reply }) => {
    const { kind, content, bytes } = await images.content(scope, params.attachment_id)
    const length = bytes === null ? {} : { 'content-length': String(bytes) }
    return reply.headers({ ...imageHeaders, 'content-type': `image/${kind}`, ...length }).send(content)
  })
}
