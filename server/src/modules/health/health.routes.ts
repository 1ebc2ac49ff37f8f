import { contract } from '@chatbot-platform/contract'
import type { App } from '../../platform/http/app.ts'
import { route } from '../../platform/http/route.ts'
import type { HealthService } from './health.service.ts'

export function healthRoutes(app: App, health: HealthService): void {
  route(app, contract.health.health, () => health.health())

  route(app, contract.health.live, () => health.live())

  route(app, contract.health.ready, async ({ reply }) => {
    const readiness = await health.ready()
    reply.code(readiness.status === 'ready' ? 200 : 503).header('cache-control', 'no-store')
    return readiness
  })
}
