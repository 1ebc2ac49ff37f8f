import type { Config } from './config.ts'
import type { Deps } from './deps.ts'
import { authRoutes } from './modules/auth/auth.routes.ts'
import { chatRoutes } from './modules/chat/chat.routes.ts'
import { feedbackRoutes } from './modules/feedback/feedback.routes.ts'
import { healthRoutes } from './modules/health/health.routes.ts'
import { modelRoutes } from './modules/models/models.routes.ts'
import { projectRoutes } from './modules/projects/projects.routes.ts'
import { promptRoutes } from './modules/prompts/prompts.routes.ts'
import { searchRoutes } from './modules/search/search.routes.ts'
import { sessionRoutes } from './modules/sessions/sessions.routes.ts'
import { usageRoutes } from './modules/usage/usage.routes.ts'
import { userRoutes } from './modules/users/users.routes.ts'
import { type App, createHttpApp } from './platform/http/app.ts'
import { registerDocs } from './platform/http/openapi.ts'
import { registerWebApp } from './platform/http/web-app.ts'
import type { Logger } from './platform/logger.ts'

/** The HTTP server with every route bound; the caller lets it listen. */
export async function createApp(config: Config, deps: Deps, logger: Logger): Promise<App> {
  const app = await createHttpApp({
    logger,
    production: config.production,
    corsOrigins: config.http.corsOrigins,
    trustProxy: config.http.trustProxy,
    authenticate: deps.authenticator.authenticate,
  })
  await registerDocs(app)
  await registerWebApp(app, config.http.webDir)
  healthRoutes(app, deps.health)
  authRoutes(app, deps.auth, deps.refreshCookie)
  userRoutes(app, deps.users, deps.refreshCookie)
  projectRoutes(app, deps.projects)
  promptRoutes(app, deps.prompts)
  chatRoutes(app, deps)
  feedbackRoutes(app, deps.feedback)
  sessionRoutes(app, deps.sessions, deps.exports)
  searchRoutes(app, deps.search)
  modelRoutes(app, deps.modelList)
  usageRoutes(app, deps.usage)
  return app
}
