import { contract } from '@chatbot-platform/contract'
import type { App } from '../../platform/http/app.ts'
import { route } from '../../platform/http/route.ts'
import type { UsageService } from './usage.service.ts'

export function usageRoutes(app: App, usage: UsageService): void {
  route(app, contract.usage.get, ({ scope, query }) => usage.get(scope, query))
}
