import { contract } from '@chatbot-platform/contract'
import type { App } from '../../platform/http/app.ts'
import { route } from '../../platform/http/route.ts'
import type { AuditService } from './audit.service.ts'

export function auditRoutes(app: App, audit: AuditService): void {
  route(app, contract.audit.list, ({ scope, query }) => audit.list(scope, query))
}
