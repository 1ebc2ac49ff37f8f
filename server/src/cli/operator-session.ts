import { randomBytes } from 'node:crypto'
import { type Config, loadConfig } from '../config.ts'
import { createAccounts } from '../modules/auth/accounts.ts'
import type { OperatorService } from '../modules/auth/operator.service.ts'
import { type Database, openDatabase } from '../platform/database/database.ts'
import { prepareDatabase } from '../platform/database/prepare-database.ts'
import type { Logger } from '../platform/logger.ts'
import { createLogger } from '../platform/logging.ts'
import { openEmbeddedPostgres } from '../platform/postgres/embedded-postgres.ts'
import { appVersion } from '../version.ts'
import { requireCluster } from './embedded-cluster.ts'

/**
 * Runs `work` with the operator's services on the configured database, beside a running server or without one, as the
 * weak login that the server uses. Throws `EmbeddedPostgresError` where there is no database yet.
 */
export async function withOperator<T>(work: (operator: OperatorService) => Promise<T>): Promise<T> {
  return withRuntimeDatabase((db, { config, logger }) => {
    // A command signs no tokens, so any key does.
    const secretKey = randomBytes(32).toString('hex')
    const { operator } = createAccounts({ db, logger, secretKey, settings: config.auth, corsOrigins: [] })
    return work(operator)
  })
}

/** The same with the database alone. */
export async function withRuntimeDatabase<T>(
  work: (db: Database, given: { config: Config; logger: Logger }) => Promise<T>,
): Promise<T> {
  const config = loadConfig()
  const logger = createLogger('error')
  return withDatabase(config, logger, async (url) => {
    const db = openDatabase({ url, poolSize: 2, logger })
    return work(db, { config, logger }).finally(() => db.close())
  })
}

async function withDatabase<T>(config: Config, logger: Logger, work: (url: string) => Promise<T>): Promise<T> {
  const { dataDir, database } = config
  const common = { dataDir, appVersion, logger }
  if (database.url !== undefined) {
    const { runtimeUrl } = await prepareDatabase({ ...common, url: database.url, ownerUrl: database.ownerUrl })
    return work(runtimeUrl)
  }
  await requireCluster(dataDir)
  const embedded = await openEmbeddedPostgres({ dataDir, logger })
  try {
    await prepareDatabase({ ...common, url: embedded.runtimeUrl, ownerUrl: embedded.ownerUrl })
    return await work(embedded.runtimeUrl)
  } finally {
    await embedded.stop()
  }
}
