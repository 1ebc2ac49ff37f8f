import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { clusterFolderOf } from '../platform/postgres/cluster.ts'

/** The sentence for a data folder without a database; undefined where there is one. For commands that must not make one. */
export async function missingCluster(dataDir: string): Promise<string | undefined> {
  return access(join(clusterFolderOf(dataDir), 'PG_VERSION')).then(
    () => undefined,
    () =>
      `There is no embedded database in ${dataDir}. Set DATA_DIR to the folder that has it; "npm start" makes a new one.`,
  )
}
