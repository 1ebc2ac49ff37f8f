import type { Config } from './config.ts'
import type { Deps } from './deps.ts'
import { attachmentRoutes } from './modules/attachments/attachments.routes.ts'
import { auditRoutes } from './modules/audit/audit.routes.ts'
import { authRoutes } from './modules/auth/auth.routes.ts'
import { budgetRoutes } from './modules/budgets/budgets.routes.ts'
import { chatRoutes } from './modules/chat/chat.routes.ts'
import { feedbackRoutes } from './modules/feedback/feedback.routes.ts'
import { fileRoutes } from './modules/files/files.routes.ts'
import { healthRoutes } from './modules/health/health.routes.ts'
import { knowledgeRoutes } from './modules/knowledge/knowledge.routes.ts'
import { modelRoutes } from './modules/models/models.routes.ts'
import { projectRoutes } from './modules/projects/projects.routes.ts'
import { promptRoutes } from './modules/prompts/prompts.routes.ts'
import { searchRoutes } from './modules/search/search.routes.ts'
import { sessionRoutes } from './modules/sessions/sessions.routes.ts'
import { sourceRoutes } from './modules/sources/sources.routes.ts'
import { usageRoutes } from './modules/usage/usage.routes.ts'
import { userRoutes } from './modules/users/users.routes.ts'
import { type App, createHttpApp } from './platform/http/app.ts'
import { registerDocs } from './platform/http/openapi.ts'
import { registerWebApp } from './platform/http/web-app.ts'
import type { Logger } from './platform/logger.ts'
import { createEarlyRefusals } from './platform/overload/early-refusals.ts'
import { gateTurns } from './platform/overload/gate-requests.ts'
import { observeRequests } from './platform/telemetry/http-signals.ts'
import { metricsRoute } from './platform/telemetry/metrics-endpoint.ts'
import type { Monitoring } from './platform/telemetry/monitoring.ts'

/** Of a form, beside the files in it. */
const uploadOverheadBytes = 1_000_000

/** The HTTP server with every route bound; the caller lets it listen. */
export async function createApp(config: Config, deps: Deps, logger: Logger, monitoring: Monitoring): Promise<App> {
  const early = createEarlyRefusals(deps.turnGate, deps.authenticator.known)
  const app = await createHttpApp({
    logger,
    production: config.production,
    corsOrigins: config.http.corsOrigins,
    trustProxy: config.http.trustProxy,
    authenticate: deps.authenticator.authenticate,
    limits: deps.requestLimits,
    early: early.refuse,
    observe: (http) => observeRequests(http, monitoring, config.http.trustProxy),
  })
  gateTurns(app, deps.turnGate, early)
  await registerDocs(app)
  await registerWebApp(app, config.http.webDir)
  const { token } = config.monitoring.metrics
  if (monitoring.metrics && token && config.workers === 1) metricsRoute(app, monitoring.metrics, token)
  healthRoutes(app, deps.health)
  authRoutes(app, deps.auth, deps.refreshCookie)
  userRoutes(app, deps.users, deps.refreshCookie)
  projectRoutes(app, deps.projects)
  promptRoutes(app, deps.prompts)
  await fileRoutes(app, { ...deps, maxUploadBytes: config.files.limits.projectBytes + uploadOverheadBytes })
  sourceRoutes(app, deps.sources)
  await attachmentRoutes(app, deps.images)
  chatRoutes(app, deps)
  feedbackRoutes(app, deps.feedback)
  sessionRoutes(app, deps.sessions, deps.exports)
  searchRoutes(app, deps.search)
  knowledgeRoutes(app, deps.knowledge)
  modelRoutes(app, deps.modelList)
  usageRoutes(app, deps.usage)
  budgetRoutes(app, deps.budgets)
  auditRoutes(app, deps.audit)
  return app
}
