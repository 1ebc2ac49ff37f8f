import { fileURLToPath } from 'node:url'
import { describeServer, type ServerReport, type WorkerBriefing } from './cluster/worker-briefing.ts'
import { type Config, ConfigError, lifelineFd, loadConfig } from './config.ts'
import { startDatabase } from './database-start.ts'
import { serveWorkerMetrics } from './monitoring.ts'
import { tellOperator } from './operator-message.ts'
import type { Logger } from './platform/logger.ts'
import { createLogger } from './platform/logging.ts'
import { exitAtNextSignal, nextStopSignal, otherEndGone } from './platform/process/signals.ts'
import { WorkerPool } from './platform/process/worker-pool.ts'
import { readOrCreateSecretKey, secretKeyProblem } from './platform/secret-key.ts'
import { startServer } from './server.ts'

/** How long clients of a server that leaves have to send a request on a connection that they kept open. */
const drainMs = 1000

await main().catch(tellOperator)

async function main(): Promise<void> {
  const config = loadConfig()
  const problem = config.production ? secretKeyProblem(config.secretKey) : null
  if (problem !== null) throw new ConfigError([`SECRET_KEY: ${problem}`])
  const logger = createLogger(config.log.level)
  const stopping = Promise.race([nextStopSignal(), otherEndGone(lifelineFd()).then(() => 'the starter is gone')])
  let restart: () => Promise<unknown> = async () => undefined
  process.on('SIGUSR2', () => void restart())
  const secretKey = config.secretKey ?? (await readOrCreateSecretKey(config.dataDir))
  const database = await startDatabase(config, logger)
  try {
    const isEmbedded = database.kind === 'embedded'
    const given = { databaseUrl: database.runtimeUrl, secretKey, isSoleProcess: isEmbedded }
    const service = await (config.workers === 1 ? serve(config, logger, given) : serveByWorkers(config, logger, given))
    restart = service.restart
    logger.info({ pid: process.pid, address: service.report.url }, 'ready')
    announce(config, isEmbedded, service.report)
    const reason = await stopping
    logger.info({ reason }, 'stopping')
    void exitAtNextSignal()
    await service.stop(reason)
  } finally {
    await database.stop()
  }
  logger.info('stopped')
}

/** What answers requests, in this process or in others. */
interface Service {
  report: ServerReport
  /** Replaces the workers one by one. */
  restart(): Promise<unknown>
  stop(reason: string): Promise<void>
}

type Start = Omit<WorkerBriefing, 'ownerId'>

async function serve(config: Config, logger: Logger, given: Start): Promise<Service> {
  const server = await startServer(config, logger, given)
  return {
    report: describeServer(server),
    restart: async () => logger.warn('there are no workers to restart: WORKERS is 1'),
    // Whoever sits at the keyboard has no balancer in front, and does not want to wait for one.
    stop: (reason) => server.stop(config.shutdownGraceMs, reason === 'SIGTERM' ? drainMs : 0),
  }
}

async function serveByWorkers(config: Config, logger: Logger, given: Start): Promise<Service> {
  const pool = new WorkerPool<WorkerBriefing, ServerReport>({
    script: fileURLToPath(new URL('./cluster/worker.ts', import.meta.url)),
    size: config.workers,
    briefing: ({ id, isFirst }) => ({ ...given, ownerId: id, isSoleProcess: given.isSoleProcess && isFirst }),
    logger,
  })
  const metrics = await serveWorkerMetrics(config)
  try {
    return {
      report: await pool.start(),
      restart: async () => {
        logger.info('restarting the workers, one by one')
        if (await pool.restart(config.shutdownGraceMs)) logger.info('the workers are new')
      },
      stop: async () => {
        await pool.stop(config.shutdownGraceMs)
        await metrics?.close()
      },
    }
  } catch (error) {
    await pool.stop(0)
    await metrics?.close()
    throw error
  }
}

function announce(config: Config, isEmbedded: boolean, { url, providers, defaultProvider }: ServerReport): void {
  const { port } = new URL(url)
  if (config.production) return
  const shown = ['0.0.0.0', '::'].includes(config.http.host) ? `http://localhost:${port}` : url
  const isDemo = defaultProvider === 'demo'
  const lines = [
    `Chatbot Platform is ready at ${shown}`,
    '',
    `  Web app            ${shown}/`,
    `  API documentation  ${shown}/docs`,
    `  Data               ${isEmbedded ? `${config.dataDir} (embedded PostgreSQL)` : 'the PostgreSQL of DATABASE_URL'}`,
    `  Providers          ${providers.map((id) => (id === defaultProvider ? `${id} (default)` : id)).join(', ')}`,
    ...(config.workers > 1
      ? [`  Processes          ${config.workers}; \`kill -USR2 ${process.pid}\` renews them one by one`]
      : []),
    ...(isDemo ? ['', '  No model key yet, so the demo answers. GROQ_SETUP.md shows how to get a free one.'] : []),
    '',
    '  Ctrl-C stops it.',
  ]
  process.stdout.write(`\n${lines.join('\n')}\n\n`)
}
