import { contract } from '@chatbot-platform/contract'
import type { App } from '../../platform/http/app.ts'
import { route } from '../../platform/http/route.ts'
import type { BudgetsService } from './budgets.service.ts'

export function budgetRoutes(app: App, budgets: BudgetsService): void {
  const { workspace, setWorkspace, project, setProject } = contract.budgets
  route(app, workspace, ({ scope }) => budgets.get(scope, null))
  route(app, setWorkspace, ({ scope, body }) => budgets.set(scope, null, body))
  route(app, project, ({ scope, params }) => budgets.get(scope, params.project_id))
  route(app, setProject, ({ scope, params, body }) => budgets.set(scope, params.project_id, body))
}
