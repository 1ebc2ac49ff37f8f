import { contract } from '@chatbot-platform/contract'
import type { App } from '../../platform/http/app.ts'
import { route } from '../../platform/http/route.ts'
import type { SearchService } from './search.service.ts'

export function searchRoutes(app: App, search: SearchService): void {
  route(app, contract.search.messages, ({ scope, query }) => search.messages(scope, query))
}
