// `npm run worker`: works background jobs and serves nobody, beside servers with RUN_JOBS=false or to help those that do both.
import { type Config, ConfigError, lifelineFd, loadConfig } from './config.ts'
import { startDatabase } from './database-start.ts'
import { createDeps } from './deps.ts'
import { loadMonitoring, useMonitoring } from './monitoring.ts'
import { tellOperator } from './operator-message.ts'
import type { Logger } from './platform/logger.ts'
import { createLogger } from './platform/logging.ts'
import { exitAtNextSignal, nextStopSignal, otherEndGone } from './platform/process/signals.ts'
import { readOrCreateSecretKey, secretKeyProblem } from './platform/secret-key.ts'

await main().catch(tellOperator)

async function main(): Promise<void> {
  const config = loadConfig()
  if (config.database.url === undefined) {
    throw new ConfigError([
      'DATABASE_URL: is not set; the embedded database is the server’s alone, which works its jobs itself',
    ])
  }
  const problem = config.production ? secretKeyProblem(config.secretKey) : null
  if (problem !== null) throw new ConfigError([`SECRET_KEY: ${problem}`])
  const logger = createLogger(config.log.level)
  const stopping = Promise.race([nextStopSignal(), otherEndGone(lifelineFd()).then(() => 'the starter is gone')])
  // Asks a server for new workers; here there are none.
  process.on('SIGUSR2', () => undefined)
  const stop = await work(config, logger)
  logger.info({ pid: process.pid }, 'ready')
  logger.info({ reason: await stopping }, 'stopping')
  void exitAtNextSignal()
  await stop()
  logger.info('stopped')
}

/** Begins to work jobs; returns how to leave in order. */
async function work(config: Config, logger: Logger): Promise<() => Promise<void>> {
  const secretKey = config.secretKey ?? (await readOrCreateSecretKey(config.dataDir))
  const database = await startDatabase(config, logger)
  const monitoring = await loadMonitoring(config)
  const deps = createDeps(config, logger, { databaseUrl: database.runtimeUrl, secretKey, monitoring })
  const close = () => deps.close().finally(() => database.stop())
  try {
    const isReady = async () => (await deps.health.ready()).status === 'ready'
    const inUse = await useMonitoring(config, deps, monitoring, isReady)
    deps.notices.open()
    await deps.jobs.open({ work: true })
    return async () => {
      deps.health.stopping()
      await deps.jobs.close(config.shutdownGraceMs)
      await close()
      await inUse.close()
    }
  } catch (error) {
    await close()
    throw error
  }
}
