import { contract } from '@chatbot-platform/contract'
import type { App } from '../../platform/http/app.ts'
import { route } from '../../platform/http/route.ts'
import type { ProjectsService } from './projects.service.ts'

export function projectRoutes(app: App, projects: ProjectsService): void {
  route(app, contract.projects.create, ({ scope, body, claim }) => projects.create(scope, body, claim))
  route(app, contract.projects.list, ({ scope, query }) => projects.list(scope, query))
  route(app, contract.projects.get, ({ scope, params }) => projects.get(scope, params.project_id))
  route(app, contract.projects.update, ({ scope, params, body }) => projects.update(scope, params.project_id, body))
  route(app, contract.projects.remove, async ({ scope, params }) => {
    await projects.remove(scope, params.project_id)
    return undefined
  })
}
