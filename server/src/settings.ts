import { z } from 'zod'
import { knowledgeSettings } from './knowledge-settings.ts'
import { modelSettings } from './model-settings.ts'
import { isAllowEntry, parsePorts } from './platform/outbound/allow-list.ts'
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
  redisUrls,
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
    RUN_JOBS: setting(
      flag(true),
      'Whether this server also works background jobs; with `false` they wait for `npm run worker`.',
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
    DATABASE_POOLER_URL: setting(
      postgresUrl(),
      'PgBouncer, in transaction mode, in front of that server: requests go that way, and what needs a connection of its own (migrations, jobs, word from other processes) goes to `DATABASE_URL`. Its login is that of `DATABASE_URL`.',
      { unset: 'requests go to `DATABASE_URL`', example: 'postgresql://pgbouncer.internal:6432/chatbot' },
    ),
    DATABASE_REPLICA_URL: setting(
      postgresUrl(),
      'A streaming standby of that server, which then answers lists, history, search, usage and exports. Its login is that of `DATABASE_URL`.',
      { unset: 'the primary answers everything', example: 'postgresql://replica.internal:5432/chatbot' },
    ),
    DATABASE_POOL_SIZE: setting(whole(2, 500).default(16), 'Database connections a process may hold.'),
    REDIS_URL: setting(
      redisUrls(),
      'Redis 6.2 or newer in which processes count together what is under a limit, and tell each other who has signed out; `rediss://` for TLS. Several URLs, separated by commas, are nodes of a cluster.',
      { unset: 'all of it is in PostgreSQL', example: 'redis://:password@localhost:6379/0', secret: true },
    ),
    REDIS_PREFIX: setting(
      z
        .string()
        .regex(/^[\w.:-]{1,64}$/, { error: 'must be up to 64 letters, digits and the characters _ . : -' })
        .default('chatbot'),
      'What the names of keys and channels in Redis begin with; for installations that share one.',
    ),
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
    OUTBOUND_ALLOW: setting(
      commaSeparated.pipe(
        z.array(z.string().refine(isAllowEntry, { error: 'must be addresses, ranges or host names, without ports' })),
      ),
      'Comma-separated addresses, ranges and host names inside your own network that web sources may be read from, such as an intranet’s wiki; anybody who has an account can then read them.',
      { unset: 'public addresses only', example: '10.20.0.0/16,wiki.internal' },
    ),
    OUTBOUND_PORTS: setting(
      z
        .string()
        .default('80,443')
        .refine((list) => parsePorts(list) !== undefined, {
          error: 'must be 80, 443, ports from 1024 on or ranges of such, separated by commas',
        }),
      'Ports that web sources may be read from: `80`, `443`, and any from 1024 on (`8080`, `8000-8999`).',
    ),
  },
  Models: modelSettings,
  Knowledge: knowledgeSettings,
  Limits: {
    RATE_LIMIT_ADDRESS: setting(cap(6000), 'Requests per minute from one address or IPv6 /64; 0 for no limit.'),
    RATE_LIMIT_USER: setting(cap(3000), 'Requests per minute of one user; 0 for no limit.'),
    RATE_LIMIT_WORKSPACE: setting(cap(12_000), 'Requests per minute of one workspace; 0 for no limit.'),
    RATE_LIMIT_PROJECT: setting(cap(12_000), 'Requests per minute that name one project; 0 for no limit.'),
    STREAMS_PER_USER: setting(cap(100), 'Answers that one user may have open at once; 0 for no limit.'),
    STREAMS_PER_WORKSPACE: setting(cap(1000), 'Answers one workspace may have open at once; 0 for no limit.'),
    TURN_TARGET_MS: setting(
      whole(0, 60_000).default(100),
      'Milliseconds that storing a message may take on average while there is more to do than a process can. Beyond it fewer begin at once, and others are refused with 503 `overloaded`; 0 refuses nobody.',
    ),
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
  (typeof settings)['Knowledge'] &
  (typeof settings)['Limits'] &
  (typeof settings)['Monitoring']
/** The parsed settings by variable name. */
export type Settings = { [K in keyof Flat]: z.output<Flat[K]['schema']> }
