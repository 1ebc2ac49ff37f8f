import { Readable } from 'node:stream'
import { contract } from '@chatbot-platform/contract'
import type { App } from '../../platform/http/app.ts'
import { attachment } from '../../platform/http/download.ts'
import { route } from '../../platform/http/route.ts'
import type { ExportService } from './export.service.ts'
import type { SessionsService } from './sessions.service.ts'

export function sessionRoutes(app: App, sessions: SessionsService, exports: ExportService): void {
  route(app, contract.sessions.list, ({ scope, params, query }) => sessions.list(scope, params.project_id, query))
  route(app, contract.sessions.get, ({ scope, params }) => sessions.get(scope, params.session_id))
  route(app, contract.sessions.update, ({ scope, params, body }) => sessions.update(scope, params.session_id, body))
  route(app, contract.sessions.remove, async ({ scope, params }) => {
    await sessions.remove(scope, params.session_id)
    return undefined
  })
  route(app, contract.sessions.messages, ({ scope, params, query }) =>
    sessions.messages(scope, params.session_id, query),
  )
  route(app, contract.sessions.export, async ({ scope, params, query, reply }) => {
    const { name, extension, mediaType, text } = await exports.export(scope, params.session_id, query.format)
    return reply
      .type(`${mediaType}; charset=utf-8`)
      .headers({ 'content-disposition': attachment(name, extension), 'cache-control': 'no-store' })
      .send(Readable.from(text))
  })
}
