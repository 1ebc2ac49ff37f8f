import type { Config } from './config.ts'
import { createModelGateway } from './llm/gateway/gateway.ts'
import type { GatewayLimits } from './llm/gateway/gateway-limits.ts'
import { createModelRegistry, type ModelRegistry } from './llm/registry.ts'
import { createAccounts } from './modules/auth/accounts.ts'
import { createConversations } from './modules/chat/conversations.ts'
import { createFeedbackService } from './modules/feedback/feedback.service.ts'
import { createHealthService } from './modules/health/health.service.ts'
import { createOnce } from './modules/idempotency/idempotency.service.ts'
import { createModelsService } from './modules/models/models.service.ts'
import { createProjectsService } from './modules/projects/projects.service.ts'
import { createPromptsService } from './modules/prompts/prompts.service.ts'
import { createSearchService } from './modules/search/search.service.ts'
import { createSearchIndexer } from './modules/search/search-indexer.service.ts'
import { createExportService } from './modules/sessions/export.service.ts'
import { createSessionsService } from './modules/sessions/sessions.service.ts'
import { createUsageService } from './modules/usage/usage.service.ts'
import { type Database, openDatabase } from './platform/database/database.ts'
import { createNotifications } from './platform/database/notifications.ts'
import type { Logger } from './platform/logger.ts'
import { migrationsState } from './platform/migrations/state.ts'

/** What the world outside provides, and what a test may put in its place. */
export interface Given {
  /** The weak login of a migrated database. */
  databaseUrl: string
  secretKey: string
  /** No other process serves this database: what others left unfinished is interrupted at once. */
  isSoleProcess?: boolean
  models?: ModelRegistry
  gatewayLimits?: Partial<GatewayLimits>
  /** Milliseconds since 1970; the clock of tokens and sign-ins. */
  now?: () => number
  /** bcrypt's cost; 12 unless a test is in a hurry. */
  passwordCost?: number
}

export type Deps = ReturnType<typeof createDeps>

/** The composition root: every service with what it needs. `main`, the commands, tests and benchmarks all call it. */
export function createDeps(config: Config, logger: Logger, given: Given) {
  const db = openDatabase({ url: given.databaseUrl, poolSize: config.database.poolSize, logger })
  const models = given.models ?? createModelRegistry({ settings: modelSettings(config), logger })
  const { secretKey, now, passwordCost } = given
  const accounts = createAccounts({
    db,
    logger,
    secretKey,
    settings: config.auth,
    corsOrigins: config.http.corsOrigins,
    ...(now ? { now } : {}),
    ...(passwordCost ? { passwordCost } : {}),
  })
  const once = createOnce({ db })
  const sessions = createSessionsService({ db })
  const gateway = createModelGateway({ registry: models, logger, limits: given.gatewayLimits ?? {} })
  const notices = createNotifications(given.databaseUrl, logger)
  const defaults = config.llm
  return {
    db,
    models,
    ...accounts,
    sessions,
    notices,
    ...createConversations({ db, models, gateway, notices, once, sessions, logger, defaults }),
    projects: createProjectsService({ db, once, models }),
    prompts: createPromptsService({ db, once }),
    modelList: createModelsService({ models }),
    feedback: createFeedbackService({ db, once }),
    exports: createExportService({ db }),
    search: createSearchService({ db }),
    searchIndexer: createSearchIndexer({ db, logger }),
    usage: createUsageService({ db, ...(now ? { now } : {}) }),
    health: createHealthService({ database: db, migrations: () => servable(db) }),
    close: async () => {
      await models.close()
      await notices.close()
      await db.close()
    },
  }
}

/** Newer migrations than this code's are fine: they keep the previous release working. */
async function servable(db: Database): Promise<'ok' | 'pending'> {
  return (await migrationsState(db.pool)) === 'pending' ? 'pending' : 'ok'
}

const connectTimeoutMs = 5000
const idleTimeoutMs = 30_000
const totalTimeoutMs = 120_000

function modelSettings({ llm }: Config) {
  const { groq, openai, openrouter, openaiCompatible } = llm
  return {
    defaultProvider: llm.defaultProvider,
    defaultModel: llm.defaultModel,
    demoDelayMs: llm.demoDelayMs,
    providers: {
      ...vendor('groq', groq),
      ...vendor('openai', openai),
      ...vendor('openrouter', openrouter),
      ...(openaiCompatible.baseUrl
        ? { openaiCompatible: { apiKey: openaiCompatible.apiKey ?? null, baseUrl: openaiCompatible.baseUrl } }
        : {}),
    },
    timeouts: {
      connectMs: connectTimeoutMs,
      firstByteMs: llm.firstByteTimeoutMs,
      idleMs: idleTimeoutMs,
      totalMs: Math.max(totalTimeoutMs, llm.firstByteTimeoutMs + idleTimeoutMs),
    },
  }
}

/** A vendor is configured once it has a key. */
function vendor<Id extends string>(
  id: Id,
  { apiKey, baseUrl }: { apiKey: string | undefined; baseUrl: string | undefined },
) {
  if (apiKey === undefined) return {}
  return { [id]: { apiKey, ...(baseUrl ? { baseUrl } : {}) } } as Record<Id, { apiKey: string; baseUrl?: string }>
}
