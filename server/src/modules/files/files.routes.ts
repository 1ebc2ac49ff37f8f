import { contract } from '@chatbot-platform/contract'
import type { App } from '../../platform/http/app.ts'
import { attachment } from '../../platform/http/download.ts'
import { route } from '../../platform/http/route.ts'
import { uploadRoute } from '../../platform/http/uploads.ts'
import type { FilesService } from './files.service.ts'
import type { UploadsService } from './uploads.service.ts'

/** What strangers have uploaded is handed out as a file, and is nothing but a file to a browser. */
const downloadHeaders = {
  'content-type': 'application/octet-stream',
  'content-security-policy': "sandbox; default-src 'none'",
  'x-content-type-options': 'nosniff',
  'cache-control': 'private, no-store',
}

/** `maxUploadBytes`: of one request, with everything in it. */
export async function fileRoutes(
  app: App,
  { files, uploads, maxUploadBytes }: { files: FilesService; uploads: UploadsService; maxUploadBytes: number },
): Promise<void> {
  await uploadRoute(app, contract.files.upload, { maxBytes: maxUploadBytes }, ({ scope, params, files: incoming }) =>
    uploads.upload(scope, params.project_id, incoming),
  )
  route(app, contract.files.list, ({ scope, params, query }) => files.list(scope, params.project_id, query))
  route(app, contract.files.get, ({ scope, params }) => files.get(scope, params.project_id, params.file_id))
  route(app, contract.files.content, async ({ scope, params, reply }) => {
    const { name, content, bytes } = await files.content(scope, params.project_id, params.file_id)
    const [, base = name, extension = ''] = /^(.+)\.([\w-]{1,16})$/s.exec(name) ?? []
    return reply
      .headers({
        ...downloadHeaders,
        'content-disposition': attachment(base, extension),
        ...(bytes === null ? {} : { 'content-length': String(bytes) }),
      })
      .send(content)
  })
  route(app, contract.files.passages, ({ scope, params, query }) =>
    files.passages(scope, params.project_id, params.file_id, query),
  )
  route(app, contract.files.reindex, ({ scope, params }) => files.reindex(scope, params.project_id, params.file_id))
  route(app, contract.files.remove, async ({ scope, params }) => {
    await files.remove(scope, params.project_id, params.file_id)
    return undefined
  })
  route(app, contract.files.summary, ({ scope, params }) => files.summary(scope, params.project_id))
}
