import type { Config } from './config.ts'
import { openEmbeddings } from './llm/embedding-providers.ts'
import { vectorSpace } from './llm/embeddings.ts'
import { createModelGateway } from './llm/gateway/gateway.ts'
import type { GatewayLimits } from './llm/gateway/gateway-limits.ts'
import { createModelRegistry, type ModelRegistry } from './llm/registry.ts'
import { createAttachmentCare, scheduleAttachmentCare } from './modules/attachments/attachment-care.service.ts'
import { createAttachmentsService } from './modules/attachments/attachments.service.ts'
import { createAccounts } from './modules/auth/accounts.ts'
import { createSignInNews } from './modules/auth/ended-sign-ins.ts'
import { createBudgetsService } from './modules/budgets/budgets.service.ts'
import { createConversations } from './modules/chat/conversations.ts'
import { createFeedbackService } from './modules/feedback/feedback.service.ts'
import { createDocuments } from './modules/files/documents.ts'
import { createHealthService } from './modules/health/health.service.ts'
import { createOnce } from './modules/idempotency/idempotency.service.ts'
import { createKnowledgeService } from './modules/knowledge/knowledge.service.ts'
import { createPassageStore } from './modules/knowledge/passage-store.ts'
import { createModelsService } from './modules/models/models.service.ts'
import { createProjectsService } from './modules/projects/projects.service.ts'
import { createPromptsService } from './modules/prompts/prompts.service.ts'
import { createSearchService } from './modules/search/search.service.ts'
import { createSearchIndexer } from './modules/search/search-indexer.service.ts'
import { createExportService } from './modules/sessions/export.service.ts'
import { createSessionsService } from './modules/sessions/sessions.service.ts'
import { observeRefusals } from './modules/signals/gate-signals.ts'
import { createSignals } from './modules/signals/signals.service.ts'
import { createWebSources } from './modules/sources/web-sources.ts'
import { createUsageService } from './modules/usage/usage.service.ts'
import { type Database, openDatabase } from './platform/database/database.ts'
import { createNotifications } from './platform/database/notifications.ts'
import { newId } from './platform/ids.ts'
import { createJobs } from './platform/jobs/create-jobs.ts'
import { createDegradingLimitStore } from './platform/limits/degrading-limit-store.ts'
import type { LimitStore } from './platform/limits/limit-store.ts'
import { createLimits } from './platform/limits/limits.ts'
import { createPostgresLimitStore } from './platform/limits/postgres-limit-store.ts'
import { createRedisLimitStore } from './platform/limits/redis-limit-store.ts'
import { createRequestLimits } from './platform/limits/request-limits.ts'
import type { Logger } from './platform/logger.ts'
import { migrationsState } from './platform/migrations/state.ts'
import { type GateBounds, TurnGate } from './platform/overload/turn-gate.ts'
import { createSharedRedis, type SharedRedis } from './platform/redis/redis.ts'
import { openStorage } from './platform/storage/open-storage.ts'
import { diskSpace } from './platform/telemetry/disk-space.ts'
import { type Monitoring, noMonitoring } from './platform/telemetry/monitoring.ts'
import { appVersion } from './version.ts'

/** What the world outside provides, and what a test may put in its place. */
export interface Given {
  /** The weak login of a migrated database. */
  databaseUrl: string
  secretKey: string
  /** No other process serves this database: what others left unfinished is interrupted at once. */
  isSoleProcess?: boolean
  /** Under which id this process owns its runs; a fresh one unless whoever started it must know it. */
  ownerId?: string
  models?: ModelRegistry
  /** Who watches turns and calls; nobody unless given. */
  monitoring?: Monitoring
  gatewayLimits?: Partial<GatewayLimits>
  /** How many turns may begin at once. */
  gateBounds?: Partial<GateBounds>
  /** Milliseconds since 1970; the clock of tokens and sign-ins. */
  now?: () => number
  /** Between two requests to one web site. */
  webPauseMs?: number
  /** bcrypt's cost; 12 unless a test is in a hurry. */
  passwordCost?: number
}

export type Deps = ReturnType<typeof createDeps>

/** The composition root: every service with what it needs. `main`, the commands, tests and benchmarks all call it. */
export function createDeps(config: Config, logger: Logger, given: Given) {
  const db = openDatabase({
    url: given.databaseUrl,
    poolerUrl: config.database.poolerUrl,
    replicaUrl: config.database.replicaUrl,
    poolSize: config.database.poolSize,
    logger,
  })
  const storage = openStorage(config.files.storage)
  const models = given.models ?? createModelRegistry({ settings: modelSettings(config), logger })
  const { secretKey, now, passwordCost } = given
  const redis = config.redis && createSharedRedis({ ...config.redis, logger })
  const limits = createLimits({ store: limitStore(db, redis), logger })
  const accounts = createAccounts({
    db,
    limits,
    logger,
    secretKey,
    settings: config.auth,
    corsOrigins: config.http.corsOrigins,
    ...(now ? { now } : {}),
    ...(passwordCost ? { passwordCost } : {}),
    forgetFiles: (prefix) => documents.forgetFiles(prefix),
    ...(redis ? { news: createSignInNews(redis) } : {}),
  })
  const once = createOnce({ db })
  const { audit } = accounts
  const imageCare = createAttachmentCare({ db, storage, logger })
  const sessions = createSessionsService({ db, audit, forgetImages: imageCare.forget })
  const { namedModels } = config.monitoring
  const signals = createSignals({ monitoring: given.monitoring ?? noMonitoring, models, namedModels })
  const gateway = createModelGateway({
    registry: models,
    logger,
    limits: given.gatewayLimits ?? {},
    observer: signals.calls,
  })
  const bounds = { targetMs: config.turnTargetMs, ...given.gateBounds }
  const turnGate = new TurnGate({ bounds, refused: observeRefusals(given.monitoring ?? noMonitoring, logger) })
  const searchIndexer = createSearchIndexer({ db, logger })
  const notices = createNotifications(given.databaseUrl, logger)
  const jobs = createJobs({ db, databaseUrl: given.databaseUrl, logger, notices, observer: signals.jobs })
  const embeddings = config.embedding && openEmbeddings(config.embedding, logger)
  const passages = createPassageStore({ db, embeddings, prices: models.prices, logger })
  const knowledge = createKnowledgeService({ db, embeddings, prices: models.prices, logger })
  const documents = createDocuments({
    db,
    storage,
    jobs,
    audit,
    passages,
    embedding: embeddings && { provider: embeddings.provider, model: embeddings.model },
    vectorSpace: embeddings && vectorSpace(embeddings),
    limits: config.files.limits,
    indexConcurrency: config.files.indexConcurrency,
    logger,
  })
  const { forgetFiles } = documents
  const webSources = createWebSources({
    db,
    jobs,
    audit,
    once,
    pages: documents.sourcePages,
    outbound: config.outbound,
    pauseMs: given.webPauseMs,
    limits: config.sources,
    fileBytes: config.files.limits.fileBytes,
    logger,
  })
  scheduleAttachmentCare(jobs, imageCare)
  const defaults = config.llm
  const ownerId = given.ownerId ?? newId()
  const requestLimits = createRequestLimits(limits, config.limits)
  return {
    db,
    ownerId,
    redis,
    limits,
    requestLimits,
    budgets: createBudgetsService({ db, instance: config.budget }),
    models,
    gateway,
    turnGate,
    ...accounts,
    sessions,
    notices,
    jobs,
    storage,
    ...documents,
    ...webSources,
    images: createAttachmentsService({ db, storage, logger, limits: config.files.limits }),
    imageCare,
    passages,
    knowledge,
    ...createConversations({
      db,
      ownerId,
      models,
      gateway,
      notices,
      once,
      sessions,
      documents: knowledge,
      storage,
      logger,
      gate: turnGate,
      observer: signals.runs,
      countTurn: (workspaceId, projectId) => requestLimits.project?.charge(`${workspaceId} ${projectId}`),
      defaults,
      passageLimits: config.passageLimits,
    }),
    projects: createProjectsService({ db, audit, once, models, forgetFiles }),
    prompts: createPromptsService({ db, once }),
    modelList: createModelsService({ models }),
    feedback: createFeedbackService({ db, once }),
    exports: createExportService({ db, audit }),
    search: createSearchService({ db }),
    searchIndexer,
    usage: createUsageService({ db, ...(now ? { now } : {}) }),
    health: createHealthService({
      database: db,
      migrations: () => servable(db),
      providers: () => gateway.state(),
      searchLagMs: () => searchIndexer.lagMs(),
      disk: () => diskSpace(config.dataDir),
      files: storage.check,
      redis,
    }),
    close: async () => {
      await jobs.close(0)
      await documents.documentReader.close()
      limits.close()
      await redis?.close()
      await embeddings?.close()
      await models.close()
      await storage.close()
      await notices.close()
      await db.close()
    },
  }
}

/** Redis where there is one and it answers; PostgreSQL can always. */
function limitStore(db: Database, redis: SharedRedis | null): LimitStore {
  const otherwise = createPostgresLimitStore(db)
  return redis ? createDegradingLimitStore({ redis, first: createRedisLimitStore(redis), otherwise }) : otherwise
}

/** Newer migrations than this code's are fine, unless one of them shuts this release out. */
async function servable(db: Database): Promise<'ok' | 'pending'> {
  const state = await migrationsState(db.pool, { appVersion })
  return state === 'ok' || state === 'ahead' ? 'ok' : 'pending'
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
    prices: llm.prices,
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
