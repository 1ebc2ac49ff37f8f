import { z } from 'zod'
import {
  between,
  cap,
  commaSeparated,
  costBudget,
  flag,
  httpUrl,
  key,
  noBudget,
  oneOf,
  origins,
  postgresUrl,
  type Setting,
  setting,
  tokenBudget,
  whole,
} from './setting-kinds.ts'

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
    WORKERS: setting(
      z
        .string()
        .regex(/^(auto|[1-9]\d?)$/, { error: 'must be a whole number from 1 to 99, or `auto`' })
        .default('1'),
      'Processes that serve the port together; `auto` makes one per processor core. Each holds up to `DATABASE_POOL_SIZE` connections.',
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
    DATABASE_REPLICA_URL: setting(
      postgresUrl(),
      'A streaming standby of that server, which then answers lists, history, search, usage and exports. Its login is that of `DATABASE_URL`.',
      { unset: 'the primary answers everything', example: 'postgresql://replica.internal:5432/chatbot' },
    ),
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
    SECRET_KEY_PREVIOUS: setting(
      z
        .string()
        .refine((key) => Buffer.byteLength(key) >= 32, { error: 'must have at least 32 bytes' })
        .optional(),
      'The key before this one: access tokens that it signed stay valid until they expire. Nothing is signed with it.',
      { unset: 'tokens of other keys are refused', secret: true },
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
  Limits: {
    RATE_LIMIT_ADDRESS: setting(cap(6000), 'Requests per minute from one address or IPv6 /64; 0 for no limit.'),
    RATE_LIMIT_USER: setting(cap(3000), 'Requests per minute of one user; 0 for no limit.'),
    RATE_LIMIT_WORKSPACE: setting(cap(12_000), 'Requests per minute of one workspace; 0 for no limit.'),
    RATE_LIMIT_PROJECT: setting(cap(12_000), 'Requests per minute that name one project; 0 for no limit.'),
    STREAMS_PER_USER: setting(cap(100), 'Answers that one user may have open at once; 0 for no limit.'),
    STREAMS_PER_WORKSPACE: setting(cap(1000), 'Answers one workspace may have open at once; 0 for no limit.'),
    BUDGET_TOKENS_PER_DAY: setting(tokenBudget(), 'Tokens the whole instance may use in a day (UTC).', noBudget),
    BUDGET_TOKENS_PER_MONTH: setting(tokenBudget(), 'Tokens the whole instance may use in a month (UTC).', noBudget),
    BUDGET_COST_PER_DAY: setting(costBudget(), 'US dollars the whole instance may spend in a day (UTC).', noBudget),
    BUDGET_COST_PER_MONTH: setting(costBudget(), 'US dollars the whole instance may spend in a month (UTC).', noBudget),
  },
  Monitoring: {
    METRICS_PORT: setting(
      whole(0, 65_535).optional(),
      'Port that serves Prometheus metrics at `/metrics`; apart from the API, so that it need not face the world.',
      { unset: 'no such port', example: '9464' },
    ),
    METRICS_HOST: setting(z.string().min(1).default('127.0.0.1'), 'Address that `METRICS_PORT` listens on.'),
    METRICS_TOKEN: setting(
      key().refine((token) => token === undefined || token.length >= 16, { error: 'must have at least 16 characters' }),
      'Bearer token for `/metrics`, which is then served on `PORT` too (with `WORKERS` above 1 on `METRICS_PORT` alone).',
      { unset: 'no metrics on `PORT`', secret: true },
    ),
    METRICS_MODELS: setting(
      commaSeparated,
      'Comma-separated models with a label of their own in the metrics; others are counted as `other`.',
      { unset: 'the default model of each provider', example: 'gpt-4o,gpt-4o-mini' },
    ),
    OTEL_EXPORTER_OTLP_ENDPOINT: setting(
      httpUrl(),
      'OpenTelemetry collector that traces are sent to, by OTLP over HTTP; needs packages, see `docs/monitoring.md`.',
      { unset: 'no traces', example: 'http://localhost:4318' },
    ),
    OTEL_EXPORTER_OTLP_HEADERS: setting(
      commaSeparated.pipe(
        z.array(z.string().regex(/^[^\s=]+=.+$/, { error: 'must be name=value pairs, separated by commas' })),
      ),
      'Headers for the collector, such as its key.',
      { unset: 'none', example: 'authorization=Bearer 0123', secret: true },
    ),
    OTEL_SERVICE_NAME: setting(
      z.string().min(1).max(100).default('chatbot-platform'),
      'Name of this service in traces.',
    ),
    OTEL_TRACES_SAMPLER_ARG: setting(between(0, 1).default(1), 'Share of requests that are traced, 0 to 1.'),
    SENTRY_DSN: setting(
      httpUrl(),
      'Sentry project that faults of the server are reported to; needs a package, see `docs/monitoring.md`.',
      { unset: 'no reports', example: 'https://publickey@sentry.example.com/1', secret: true },
    ),
  },
} satisfies Record<string, Record<string, Setting>>

type Flat = (typeof settings)['Server'] &
  (typeof settings)['Database'] &
  (typeof settings)['Security'] &
  (typeof settings)['Models'] &
  (typeof settings)['Limits'] &
  (typeof settings)['Monitoring']
/** The parsed settings by variable name. */
export type Settings = { [K in keyof Flat]: z.output<Flat[K]['schema']> }
