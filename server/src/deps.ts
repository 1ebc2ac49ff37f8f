import type { Config } from './config.ts'
import { createModelRegistry, type ModelRegistry } from './llm/registry.ts'
import { createAccounts } from './modules/auth/accounts.ts'
import { createChatService } from './modules/chat/chat.service.ts'
import { createRunsService } from './modules/chat/runs.service.ts'
import { createHealthService } from './modules/health/health.service.ts'
import { createModelsService } from './modules/models/models.service.ts'
import { createProjectsService } from './modules/projects/projects.service.ts'
import { createPromptsService } from './modules/prompts/prompts.service.ts'
import { createSessionsService } from './modules/sessions/sessions.service.ts'
import { type Database, openDatabase } from './platform/database/database.ts'
import type { Logger } from './platform/logger.ts'
import { migrationsState } from './platform/migrations/state.ts'

/** What the world outside provides, and what a test may put in its place. */
export interface Given {
  /** The weak login of a migrated database. */
  databaseUrl: string
  secretKey: string
  models?: ModelRegistry
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
  const sessions = createSessionsService({ db })
  const runs = createRunsService({ db, logger })
  return {
    db,
    models,
    ...accounts,
    sessions,
    runs,
    projects: createProjectsService({ db, models }),
    prompts: createPromptsService({ db }),
    chat: createChatService({ db, models, runs, sessions, defaults: config.llm }),
    modelList: createModelsService({ models }),
    health: createHealthService({ database: db, migrations: () => servable(db) }),
    close: async () => {
      await models.close()
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
