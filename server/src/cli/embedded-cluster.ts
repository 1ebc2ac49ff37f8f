import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { clusterFolderOf } from '../platform/postgres/cluster.ts'
import { EmbeddedPostgresError } from '../platform/postgres/embedded-postgres-error.ts'

/** For commands that must not make a database. @throws EmbeddedPostgresError where the data folder has none */
export async function requireCluster(dataDir: string): Promise<void> {
  const missing = await missingCluster(dataDir)
  if (missing) throw new EmbeddedPostgresError(missing)
}

/** The sentence for a data folder without a database; undefined where there is one. */
export async function missingCluster(dataDir: string): Promise<string | undefined> {
  return access(join(clusterFolderOf(dataDir), 'PG_VERSION')).then(
    () => undefined,
    () =>
      `There is no embedded database in ${dataDir}. Give this command the settings of the server: the DATA_DIR that has it, ` +
      'or DATABASE_URL. A new one is made by "npm start".',
  )
}
