import { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Config, ConfigError, lifelineFd, loadConfig } from './config.ts'
import { type StartedDatabase, startDatabase } from './database-start.ts'
import { DatabaseSetupError } from './platform/database/database-setup-error.ts'
import { AppError } from './platform/errors.ts'
import { createLogger } from './platform/logging.ts'
import { MigrationError } from './platform/migrations/migration-error.ts'
import { DataDirBusyError } from './platform/postgres/data-dir-lock.ts'
import { EmbeddedPostgresError } from './platform/postgres/embedded-postgres-error.ts'
import { readOrCreateSecretKey, secretKeyProblem } from './platform/secret-key.ts'
import { type RunningServer, startServer } from './server.ts'

try {
  await main()
} catch (error) {
  if (!isForTheOperator(error)) throw error
  process.stderr.write(`\n${error.message}\n\n`)
  process.exitCode = 1
}

async function main(): Promise<void> {
  const config = loadConfig()
  const problem = config.production ? secretKeyProblem(config.secretKey) : null
  if (problem !== null) throw new ConfigError([`SECRET_KEY: ${problem}`])
  const logger = createLogger(config.log.level)
  const stopping = Promise.race([nextSignal(), starterGone()])
  const secretKey = config.secretKey ?? (await readOrCreateSecretKey(config.dataDir))
  const database = await startDatabase(config, logger)
  try {
    const server = await startServer(config, logger, {
      databaseUrl: database.runtimeUrl,
      secretKey,
      isSoleProcess: database.kind === 'embedded',
    })
    announce(config, database, server)
    logger.info({ reason: await stopping }, 'stopping')
    void exitAtOnceWhenAskedAgain()
    await server.stop(config.shutdownGraceMs)
  } finally {
    await database.stop()
  }
  logger.info('stopped')
}

/** Resolves with the name of the next signal that asks the process to stop. */
function nextSignal(): Promise<string> {
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  return new Promise((resolve) => {
    const stop = (signal: string) => {
      for (const name of names) process.off(name, stop)
      resolve(signal)
    }
    for (const name of names) process.on(name, stop)
  })
}

/** Resolves when the process that started this one has gone. Never, where nobody holds a lifeline. */
function starterGone(): Promise<string> {
  const fd = lifelineFd()
  return new Promise((resolve) => {
    if (fd === undefined) return
    const gone = () => resolve('the starter is gone')
    new Socket({ fd }).on('error', gone).on('close', gone).resume().unref()
  })
}

/** Whoever asks twice does not want to wait. One signal may arrive twice at once: to the group, and passed on. */
async function exitAtOnceWhenAskedAgain(): Promise<void> {
  await Promise.race([sleep(1000, undefined, { ref: false }), swallowSignals()])
  await nextSignal()
  process.exit(130)
}

async function swallowSignals(): Promise<never> {
  for (;;) await nextSignal()
}

function announce(config: Config, database: StartedDatabase, { url, deps }: RunningServer): void {
  const { port } = new URL(url)
  if (config.production) return
  const shown = ['0.0.0.0', '::'].includes(config.http.host) ? `http://localhost:${port}` : url
  const providers = deps.models.active().map(({ id, isDefault }) => (isDefault ? `${id} (default)` : id))
  const isDemo = deps.models.defaultProviderId === 'demo'
  const lines = [
    `Chatbot Platform is ready at ${shown}`,
    '',
    `  Web app            ${shown}/`,
    `  API documentation  ${shown}/docs`,
    `  Data               ${database.kind === 'embedded' ? `${config.dataDir} (embedded PostgreSQL)` : 'the PostgreSQL of DATABASE_URL'}`,
    `  Providers          ${providers.join(', ')}`,
    ...(isDemo ? ['', '  No model key yet, so the demo answers. GROQ_SETUP.md shows how to get a free one.'] : []),
    '',
    '  Ctrl-C stops it.',
  ]
  process.stdout.write(`\n${lines.join('\n')}\n\n`)
}

/** Errors whose message tells the operator all there is to know; a stack would only hide it. */
function isForTheOperator(error: unknown): error is Error {
  if (error instanceof AppError) return error.code === 'provider_not_configured'
  if (error instanceof Error && (error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
    error.message = `The port is taken: ${error.message}. Choose another with PORT.`
    return true
  }
  const kinds = [ConfigError, DatabaseSetupError, MigrationError, DataDirBusyError, EmbeddedPostgresError]
  return kinds.some((kind) => error instanceof kind)
}
