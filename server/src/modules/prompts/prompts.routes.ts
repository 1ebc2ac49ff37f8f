import { contract } from '@chatbot-platform/contract'
import type { App } from '../../platform/http/app.ts'
import { route } from '../../platform/http/route.ts'
import type { PromptsService } from './prompts.service.ts'

export function promptRoutes(app: App, prompts: PromptsService): void {
  route(app, contract.prompts.create, ({ scope, params, body, claim }) =>
    prompts.create(scope, params.project_id, body, claim),
  )
  route(app, contract.prompts.list, ({ scope, params, query }) => prompts.list(scope, params.project_id, query))
  route(app, contract.prompts.get, ({ scope, params }) => prompts.get(scope, params.project_id, params.prompt_id))
  route(app, contract.prompts.activate, ({ scope, params, claim }) =>
    prompts.activate(scope, params.project_id, params.prompt_id, claim),
  )
}
