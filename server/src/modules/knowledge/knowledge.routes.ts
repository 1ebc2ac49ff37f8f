import { contract } from '@chatbot-platform/contract'
import type { App } from '../../platform/http/app.ts'
import { route } from '../../platform/http/route.ts'
import type { KnowledgeService } from './knowledge.service.ts'

export function knowledgeRoutes(app: App, knowledge: KnowledgeService): void {
  route(app, contract.knowledge.search, ({ scope, params, body }) => knowledge.search(scope, params.project_id, body))
}
