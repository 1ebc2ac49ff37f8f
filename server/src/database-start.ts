import { type Config, ConfigError } from './config.ts'
import { prepareDatabase } from './platform/database/prepare-database.ts'
import type { Logger } from './platform/logger.ts'
import { lockDataDir } from './platform/postgres/data-dir-lock.ts'
import { startEmbeddedPostgres } from './platform/postgres/embedded-postgres.ts'
import { appVersion } from './version.ts'

/** A migrated database and the weak login to serve with. */
export interface StartedDatabase {
  runtimeUrl: string
  /** `embedded` under the data folder, or `external` at `DATABASE_URL`. */
  kind: 'embedded' | 'external'
  stop(): Promise<void>
}

/**
 * Gives the server its database: the one of `DATABASE_URL`, or the embedded one, which belongs to one server at a time.
 * Throws `DatabaseSetupError`, `MigrationError`, `EmbeddedPostgresError` or `DataDirBusyError`, all meant to be read.
 */
export async function startDatabase(config: Config, logger: Logger): Promise<StartedDatabase> {
  const { url, ownerUrl } = config.database
  const common = { dataDir: config.dataDir, appVersion, logger }
  if (url !== undefined) {
    const { runtimeUrl } = await prepareDatabase({ ...common, url, ownerUrl })
    return { runtimeUrl, kind: 'external', stop: async () => {} }
  }
  if (ownerUrl !== undefined) throw new ConfigError(['DATABASE_OWNER_URL: is set without DATABASE_URL'])
  const lock = await lockDataDir(config.dataDir)
  try {
    const settings = { max_connections: String(embeddedConnections(config)) }
    const embedded = await startEmbeddedPostgres({ dataDir: config.dataDir, logger, settings })
    const stop = () => embedded.stop().finally(() => lock.release())
    try {
      const { runtimeUrl } = await prepareDatabase({ ...common, url: embedded.runtimeUrl, ownerUrl: embedded.ownerUrl })
      return { runtimeUrl, kind: 'embedded', stop }
    } catch (error) {
      await stop()
      throw error
    }
  } catch (error) {
    await lock.release()
    throw error
  }
}

/**
 * Beside its pool a process listens for notices, has two connections for jobs and may look after the server's state;
 * commands and people come on top.
 */
const beyondPool = 5
const forCommands = 30

function embeddedConnections({ workers, database }: Config): number {
  return Math.max(100, workers * (database.poolSize + beyondPool) + forCommands)
}
