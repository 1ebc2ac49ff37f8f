import { contract } from '@chatbot-platform/contract'
import type { App } from '../../platform/http/app.ts'
import { route } from '../../platform/http/route.ts'
import type { SourcesService } from './sources.service.ts'

export function sourceRoutes(app: App, sources: SourcesService): void {
  route(app, contract.sources.create, ({ scope, claim, params, body }) =>
    sources.create(scope, params.project_id, body, claim),
  )
  route(app, contract.sources.list, ({ scope, params, query }) => sources.list(scope, params.project_id, query))
  route(app, contract.sources.get, ({ scope, params }) => sources.get(scope, params.project_id, params.source_id))
  route(app, contract.sources.update, ({ scope, params, body }) =>
    sources.update(scope, params.project_id, params.source_id, body),
  )
  route(app, contract.sources.crawl, ({ scope, params }) => sources.crawl(scope, params.project_id, params.source_id))
  route(app, contract.sources.remove, async ({ scope, params }) => {
    await sources.remove(scope, params.project_id, params.source_id)
    return undefined
  })
}
