import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseEnv } from 'node:util'
import { parseAllowList, parsePorts } from './platform/outbound/allow-list.ts'
import type { Setting } from './setting-kinds.ts'
import { type Settings, settings } from './settings.ts'

/** Thrown when settings are wrong: every problem at once, each with the variable's name and the reason, never its value. */
export class ConfigError extends Error {
  readonly problems: string[]
  constructor(problems: string[]) {
    super(`The settings are not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/** What the rest of the server reads; each part gets the slice it uses. Durations carry their unit. */
export type Config = ReturnType<typeof shape>

/**
 * Parses settings from `env`, with the `.env` file of the working directory beneath it (a variable of the environment
 * wins; an empty one counts as unset). Throws {@link ConfigError}.
 */
export function loadConfig(env: NodeJS.ProcessEnv = process.env, envFile: string | null = '.env'): Config {
  const given = { ...readEnvFile(envFile), ...withoutEmpty(env) }
  const problems: string[] = []
  const parsed: Record<string, unknown> = {}
  for (const [name, one] of Object.values(settings).flatMap((group) => Object.entries<Setting>(group))) {
    const result = one.schema.safeParse(given[name])
    if (result.success) parsed[name] = result.data
    else problems.push(`${name}: ${result.error.issues[0]?.message ?? 'is not usable'}`)
  }
  if (problems.length > 0) throw new ConfigError(problems)
  const config = shape(parsed as Settings)
  // On the port of the API a scrape would meet now this worker, now that.
  if (config.workers > 1 && config.monitoring.metrics.token !== null && config.monitoring.metrics.port === null) {
    throw new ConfigError(['METRICS_TOKEN: with WORKERS above 1 set METRICS_PORT as well'])
  }
  const { url, accessKeyId, secretAccessKey } = config.files.storage
  if (url?.startsWith('s3:') && !(accessKeyId && secretAccessKey)) {
    throw new ConfigError(['FILES_URL: with s3:// set FILES_ACCESS_KEY_ID and FILES_SECRET_ACCESS_KEY as well'])
  }
  const missing = missingForEmbedding(config)
  if (missing) throw new ConfigError([missing])
  return config
}

/**
 * The pipe that `scripts/run.mjs` holds open while it lives (set by it, not by people): when it closes, whoever started
 * the server is gone, even by `kill -9`, and the server stops.
 */
export function lifelineFd(env: NodeJS.ProcessEnv = process.env): number | undefined {
  const fd = Number(env.CHATBOT_LIFELINE_FD)
  return Number.isInteger(fd) && fd > 2 ? fd : undefined
}

function shape(s: Settings) {
  const production = s.NODE_ENV === 'production'
  return {
    production,
    dataDir: resolve(s.DATA_DIR),
    secretKey: s.SECRET_KEY,
    shutdownGraceMs: s.SHUTDOWN_GRACE * 1000,
    workers: s.WORKERS === 'auto' ? availableParallelism() : Number(s.WORKERS),
    runJobs: s.RUN_JOBS,
    log: { level: s.LOG_LEVEL ?? (s.DEBUG ? 'debug' : 'info') },
    monitoring: monitoringOf(s),
    http: {
      host: s.HOST,
      port: s.PORT,
      corsOrigins: s.CORS_ORIGINS,
      trustProxy: s.TRUST_PROXY,
      webDir: s.WEB_DIR ?? fileURLToPath(new URL('../../web/dist', import.meta.url)),
    },
    database: {
      url: s.DATABASE_URL,
      ownerUrl: s.DATABASE_OWNER_URL,
      poolerUrl: s.DATABASE_POOLER_URL,
      replicaUrl: s.DATABASE_REPLICA_URL,
      poolSize: s.DATABASE_POOL_SIZE,
    },
    redis: s.REDIS_URL ? { address: s.REDIS_URL, prefix: s.REDIS_PREFIX } : null,
    auth: {
      previousSecretKey: s.SECRET_KEY_PREVIOUS,
      algorithm: s.ALGORITHM,
      accessTokenSeconds: Math.round(s.ACCESS_TOKEN_EXPIRE_MINUTES * 60),
      refreshTokenSeconds: Math.round(s.REFRESH_TOKEN_EXPIRE_DAYS * 86_400),
      registration: s.REGISTRATION,
      attemptsPerMinute: s.AUTH_ATTEMPTS_PER_MINUTE,
      secureCookies: production,
    },
    outbound: { allow: parseAllowList(s.OUTBOUND_ALLOW), ports: parsePorts(s.OUTBOUND_PORTS) ?? [] },
    files: filesOf(s),
    sources: { perProject: s.SOURCES_MAX_PER_PROJECT, pages: s.SOURCES_MAX_PAGES },
    embedding: embeddingOf(s),
    passageLimits: { maxPassages: s.KNOWLEDGE_MAX_PASSAGES, maxTokens: s.KNOWLEDGE_MAX_TOKENS },
    limits: {
      perAddress: s.RATE_LIMIT_ADDRESS,
      perUser: s.RATE_LIMIT_USER,
      perWorkspace: s.RATE_LIMIT_WORKSPACE,
      perProject: s.RATE_LIMIT_PROJECT,
      streamsPerUser: s.STREAMS_PER_USER,
      streamsPerWorkspace: s.STREAMS_PER_WORKSPACE,
    },
    turnTargetMs: s.TURN_TARGET_MS,
    budget: {
      tokens_per_day: s.BUDGET_TOKENS_PER_DAY ?? null,
      tokens_per_month: s.BUDGET_TOKENS_PER_MONTH ?? null,
      cost_per_day: s.BUDGET_COST_PER_DAY ?? null,
      cost_per_month: s.BUDGET_COST_PER_MONTH ?? null,
    },
    llm: {
      defaultProvider: s.LLM_PROVIDER ?? null,
      defaultModel: s.LLM_MODEL ?? null,
      temperature: s.LLM_TEMPERATURE,
      maxTokens: s.LLM_MAX_TOKENS,
      historyTokens: s.LLM_HISTORY_TOKENS,
      firstByteTimeoutMs: s.LLM_TIMEOUT * 1000,
      demoDelayMs: s.DEMO_DELAY,
      prices: s.MODEL_PRICES,
      groq: { apiKey: s.GROQ_API_KEY, baseUrl: s.GROQ_BASE_URL },
      openai: { apiKey: s.OPENAI_API_KEY, baseUrl: s.OPENAI_BASE_URL },
      openrouter: { apiKey: s.OPENROUTER_API_KEY, baseUrl: s.OPENROUTER_BASE_URL },
      openaiCompatible: { apiKey: s.OPENAI_COMPATIBLE_API_KEY, baseUrl: s.OPENAI_COMPATIBLE_BASE_URL },
    },
  }
}

/** Null: passages are found by their words alone. */
function embeddingOf(s: Settings) {
  const provider = s.EMBEDDING_PROVIDER
  if (provider === undefined) return null
  const [apiKey, baseUrl] = {
    openai: [s.OPENAI_API_KEY, s.OPENAI_BASE_URL],
    openrouter: [s.OPENROUTER_API_KEY, s.OPENROUTER_BASE_URL],
    'openai-compatible': [s.OPENAI_COMPATIBLE_API_KEY, s.OPENAI_COMPATIBLE_BASE_URL],
  }[provider]
  const [model, dimensions] = [s.EMBEDDING_MODEL ?? null, s.EMBEDDING_DIMENSIONS ?? null]
  return { provider, model, dimensions, apiKey: apiKey ?? null, baseUrl: baseUrl ?? null }
}

/** What the chosen provider of embeddings cannot do without. */
function missingForEmbedding({ embedding }: Config): string | undefined {
  if (embedding === null) return undefined
  const { provider, apiKey, baseUrl, model } = embedding
  if (provider === 'openai' && apiKey === null) return 'EMBEDDING_PROVIDER: with openai set OPENAI_API_KEY as well'
  if (provider === 'openrouter' && apiKey === null) {
    return 'EMBEDDING_PROVIDER: with openrouter set OPENROUTER_API_KEY as well'
  }
  if (provider === 'openai-compatible' && (baseUrl === null || model === null)) {
    return 'EMBEDDING_PROVIDER: with openai-compatible set OPENAI_COMPATIBLE_BASE_URL and EMBEDDING_MODEL as well'
  }
  return undefined
}

const mebibyte = 1024 * 1024

function filesOf(s: Settings) {
  return {
    storage: {
      url: s.FILES_URL,
      accessKeyId: s.FILES_ACCESS_KEY_ID,
      secretAccessKey: s.FILES_SECRET_ACCESS_KEY,
      dataDir: resolve(s.DATA_DIR),
    },
    limits: {
      fileBytes: s.FILES_MAX_FILE_MB * mebibyte,
      filePages: s.FILES_MAX_PAGES,
      fileCharacters: s.FILES_MAX_CHARACTERS,
      projectBytes: s.FILES_MAX_PROJECT_MB * mebibyte,
      projectFiles: s.FILES_MAX_PER_PROJECT,
      workspaceBytes: s.FILES_MAX_WORKSPACE_MB * mebibyte,
    },
    indexConcurrency: s.INDEX_CONCURRENCY,
  }
}

function monitoringOf(s: Settings) {
  const endpoint = s.OTEL_EXPORTER_OTLP_ENDPOINT
  const headers = s.OTEL_EXPORTER_OTLP_HEADERS.map((pair) => [pair.split('=', 1)[0], pair.slice(pair.indexOf('=') + 1)])
  const tracing = { headers: Object.fromEntries(headers), serviceName: s.OTEL_SERVICE_NAME }
  return {
    metrics: { port: s.METRICS_PORT ?? null, host: s.METRICS_HOST, token: s.METRICS_TOKEN ?? null },
    namedModels: s.METRICS_MODELS,
    tracing: endpoint ? { ...tracing, endpoint, sampleRatio: s.OTEL_TRACES_SAMPLER_ARG } : null,
    sentry: s.SENTRY_DSN ? { dsn: s.SENTRY_DSN, environment: s.NODE_ENV } : null,
  }
}

function readEnvFile(path: string | null): Record<string, string | undefined> {
  if (path === null) return {}
  try {
    return withoutEmpty(parseEnv(readFileSync(path, 'utf8')))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new ConfigError([`${path}: cannot be read`])
  }
}

function withoutEmpty(env: NodeJS.Dict<string>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''))
}
