import { contract } from '@chatbot-platform/contract'
import type { App } from '../../platform/http/app.ts'
import { route } from '../../platform/http/route.ts'
import type { ModelsService } from './models.service.ts'

export function modelRoutes(app: App, models: ModelsService): void {
  route(app, contract.models.list, () => models.list())
}
