import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseEnv } from 'node:util'
import { z } from 'zod'

/** One environment variable: how it is read, and how it is documented. */
export interface Setting<S extends z.ZodType = z.ZodType> {
  schema: S
  /** What it does, in a sentence or two; becomes its documentation. */
  about: string
  /** What applies when unset, in words, where the schema's own default does not say it. */
  unset?: string
  example?: string
  secret?: boolean
  /** When it must be set, as a word for the documentation. */
  required?: string
}

function setting<S extends z.ZodType>(schema: S, about: string, more: Omit<Setting, 'schema' | 'about'> = {}) {
  return { schema, about, ...more } satisfies Setting
}

const between = (min: number, max: number) =>
  z.coerce
    .number({ error: 'must be a number' })
    .min(min, { error: `must be at least ${min}` })
    .max(max, { error: `must be at most ${max}` })
const whole = (min: number, max: number) => between(min, max).int({ error: 'must be a whole number' })
const flag = (initial: boolean) => z.stringbool({ error: 'must be true or false' }).default(initial)
const oneOf = <const T extends [string, ...string[]]>(...values: T) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` })
const key = () =>
  z
    .string()
    .min(1)
    .max(1000)
    .regex(/^[\x21-\x7e]+$/, { error: 'must be printable ASCII without spaces' })
    .optional()
const httpUrl = () => z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional()
const postgresUrl = () =>
  z
    .string()
    .regex(/^postgres(ql)?(\+\w+)?:\/\/.+/, { error: 'must be a postgresql:// URL' })
    // SQLAlchemy names its driver in the scheme, and asyncpg's `ssl` is what everybody else calls `sslmode`.
    .transform((url) =>
      url.replace(/^postgres(ql)?(\+\w+)?:/, 'postgresql:').replace(/([?&])ssl=(?=[a-z])/, '$1sslmode='),
    )
    .refine(URL.canParse, { error: 'must be a valid URL; percent-encode special characters of the password' })
    .optional()
const origins = z
  .string()
  .default('')
  .transform((list) =>
    list
      .split(',')
      .map((origin) => origin.trim())
      .filter(Boolean),
  )
  .pipe(z.array(z.string().regex(/^https?:\/\/[^/\s]+$/, { error: 'must be origins such as https://app.example.com' })))

/** Every setting, grouped as the documentation shows them. One entry is all a new setting needs. */
export const settings = {
  Server: {
    PORT: setting(whole(0, 65_535).default(8000), 'TCP port the server listens on.'),
    HOST: setting(
      z.string().min(1).default('127.0.0.1'),
      'Address to listen on; `0.0.0.0` accepts connections from other machines (the Docker image sets it).',
    ),
    NODE_ENV: setting(
      oneOf('development', 'production', 'test').default('development'),
      '`production` refuses weak secrets and database roles, and marks cookies `Secure`.',
    ),
    DATA_DIR: setting(z.string().min(1).default('./data'), 'Folder of the embedded database and of generated secrets.'),
    WEB_DIR: setting(
      z.string().optional(),
      'Folder of the built web app. Without one there, `/` leads to the API’s documentation.',
      {
        unset: '`web/dist`, which `npm start` builds',
      },
    ),
    CORS_ORIGINS: setting(origins, 'Comma-separated origins whose pages may call the API with credentials.', {
      unset: 'none',
      example: 'https://app.example.com',
    }),
    TRUST_PROXY: setting(
      flag(false),
      'Believe `X-Forwarded-For` and `X-Forwarded-Proto` from the reverse proxy in front; only safe behind one that sets them.',
    ),
    DEBUG: setting(flag(false), 'Debug mode: more detailed logs.'),
    LOG_LEVEL: setting(
      oneOf('fatal', 'error', 'warn', 'info', 'debug', 'silent').optional(),
      'Least severity that is logged.',
      { unset: '`info`, or `debug` with `DEBUG`' },
    ),
    SHUTDOWN_GRACE: setting(
      whole(0, 3600).default(10),
      'Seconds that running answers get to finish when the server is asked to stop.',
    ),
  },
  Database: {
    DATABASE_URL: setting(
      postgresUrl(),
      'PostgreSQL 15 or newer; the login the server runs as (`postgresql+asyncpg://` is understood).',
      {
        unset: 'the embedded PostgreSQL under `DATA_DIR`',
        example: 'postgresql://chatbot_app:password@localhost:5432/chatbot',
        secret: true,
      },
    ),
    DATABASE_OWNER_URL: setting(postgresUrl(), 'The login that owns the tables and runs migrations.', {
      unset: '`DATABASE_URL`; the server then makes a weaker login for itself where it may',
      example: 'postgresql://chatbot_owner:password@localhost:5432/chatbot',
      secret: true,
    }),
    DATABASE_POOL_SIZE: setting(whole(2, 500).default(16), 'Database connections a process may hold.'),
  },
  Security: {
    SECRET_KEY: setting(
      z
        .string()
        .refine((key) => Buffer.byteLength(key) >= 32, {
          error: 'must have at least 32 bytes; generate one with `openssl rand -hex 32`',
        })
        .optional(),
      'Signs access tokens; at least 32 bytes. Generate one with `openssl rand -hex 32`.',
      { unset: 'generated once into `DATA_DIR`', secret: true, required: 'in production' },
    ),
    ALGORITHM: setting(oneOf('HS256', 'HS384', 'HS512').default('HS256'), 'Algorithm of access tokens.'),
    ACCESS_TOKEN_EXPIRE_MINUTES: setting(between(1, 43_200).default(30), 'Life of an access token in minutes.'),
    REFRESH_TOKEN_EXPIRE_DAYS: setting(
      between(1, 365).default(30),
      'Days without use after which a device is signed out.',
    ),
    REGISTRATION: setting(
      oneOf('open', 'closed').default('open'),
      'Whether strangers may register; when closed, accounts are made with `npm run users -- create`.',
    ),
    AUTH_ATTEMPTS_PER_MINUTE: setting(
      whole(1, 100_000).default(60),
      'Sign-in and registration attempts per address and minute before 429.',
    ),
  },
  Models: {
    LLM_PROVIDER: setting(
      oneOf('groq', 'openai', 'openrouter', 'openai-compatible', 'demo').optional(),
      'Default provider of projects that choose none.',
      { unset: 'the first with a key, in the order groq, openai, openrouter, openai-compatible; else demo' },
    ),
    LLM_MODEL: setting(z.string().min(1).max(200).optional(), 'Default model, used with the default provider.', {
      unset: '`llama-3.3-70b-versatile` on Groq, a sensible one elsewhere',
    }),
    LLM_TEMPERATURE: setting(between(0, 2).default(0.7), 'Randomness of answers, 0 to 2.'),
    LLM_MAX_TOKENS: setting(whole(1, 1_000_000).default(1000), 'Length limit of an answer in tokens.'),
    LLM_HISTORY_TOKENS: setting(
      whole(100, 10_000_000).default(8000),
      'How much of the conversation goes to the model with a new question, in tokens; the window of the model is a limit of its own.',
    ),
    LLM_TIMEOUT: setting(between(1, 600).default(30), 'Seconds to wait for the first part of an answer.'),
    DEMO_DELAY: setting(whole(0, 10_000).default(20), 'Milliseconds between two words of the demo provider.'),
    GROQ_API_KEY: setting(key(), 'Groq key (free): https://console.groq.com/keys', { secret: true }),
    GROQ_BASE_URL: setting(httpUrl(), 'Another address for Groq.', { unset: '`https://api.groq.com/openai/v1`' }),
    OPENAI_API_KEY: setting(key(), 'OpenAI key (paid): https://platform.openai.com/api-keys', { secret: true }),
    OPENAI_BASE_URL: setting(httpUrl(), 'Another address for OpenAI.', { unset: '`https://api.openai.com/v1`' }),
    OPENROUTER_API_KEY: setting(key(), 'OpenRouter key (paid): https://openrouter.ai/keys', { secret: true }),
    OPENROUTER_BASE_URL: setting(httpUrl(), 'Another address for OpenRouter.', {
      unset: '`https://openrouter.ai/api/v1`',
    }),
    OPENAI_COMPATIBLE_BASE_URL: setting(
      httpUrl(),
      'Any server with an OpenAI-compatible API: Ollama, vLLM, llama.cpp.',
      { example: 'http://localhost:11434/v1' },
    ),
    OPENAI_COMPATIBLE_API_KEY: setting(key(), 'Key for that server, if it wants one.', { secret: true }),
  },
} satisfies Record<string, Record<string, Setting>>

type Flat = (typeof settings)['Server'] &
  (typeof settings)['Database'] &
  (typeof settings)['Security'] &
  (typeof settings)['Models']
/** The parsed settings by variable name. */
export type Settings = { [K in keyof Flat]: z.output<Flat[K]['schema']> }

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
  return shape(parsed as Settings)
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
    log: { level: s.LOG_LEVEL ?? (s.DEBUG ? 'debug' : 'info') },
    http: {
      host: s.HOST,
      port: s.PORT,
      corsOrigins: s.CORS_ORIGINS,
      trustProxy: s.TRUST_PROXY,
      webDir: s.WEB_DIR ?? fileURLToPath(new URL('../../web/dist', import.meta.url)),
    },
    database: { url: s.DATABASE_URL, ownerUrl: s.DATABASE_OWNER_URL, poolSize: s.DATABASE_POOL_SIZE },
    auth: {
      algorithm: s.ALGORITHM,
      accessTokenSeconds: Math.round(s.ACCESS_TOKEN_EXPIRE_MINUTES * 60),
      refreshTokenSeconds: Math.round(s.REFRESH_TOKEN_EXPIRE_DAYS * 86_400),
      registration: s.REGISTRATION,
      attemptsPerMinute: s.AUTH_ATTEMPTS_PER_MINUTE,
      secureCookies: production,
    },
    llm: {
      defaultProvider: s.LLM_PROVIDER ?? null,
      defaultModel: s.LLM_MODEL ?? null,
      temperature: s.LLM_TEMPERATURE,
      maxTokens: s.LLM_MAX_TOKENS,
      historyTokens: s.LLM_HISTORY_TOKENS,
      firstByteTimeoutMs: s.LLM_TIMEOUT * 1000,
      demoDelayMs: s.DEMO_DELAY,
      groq: { apiKey: s.GROQ_API_KEY, baseUrl: s.GROQ_BASE_URL },
      openai: { apiKey: s.OPENAI_API_KEY, baseUrl: s.OPENAI_BASE_URL },
      openrouter: { apiKey: s.OPENROUTER_API_KEY, baseUrl: s.OPENROUTER_BASE_URL },
      openaiCompatible: { apiKey: s.OPENAI_COMPATIBLE_API_KEY, baseUrl: s.OPENAI_COMPATIBLE_BASE_URL },
    },
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
