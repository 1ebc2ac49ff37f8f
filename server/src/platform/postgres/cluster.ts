import { chmod, chown, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { PostgresBinaries } from './binaries.ts'
import { renameDurably } from './durable-file.ts'
import { EmbeddedPostgresError, hasCode } from './embedded-postgres-error.ts'
import { giveFolder, type ProcessIdentity } from './process-identity.ts'
import { runCommand } from './run-command.ts'

interface ClusterOptions {
  dataDir: string
  binaries: PostgresBinaries
  identity: ProcessIdentity | undefined
  superuserPassword: string
}

export const superuserName = 'postgres'

/** Where a data folder keeps its database cluster. */
export function clusterFolderOf(dataDir: string): string {
  return join(dataDir, 'postgres')
}

/**
 * Makes sure that the data folder holds a complete cluster of this major version, and makes one where there is none.
 * `initdb` works under another name that is changed at the end, so an interrupted one never looks like a cluster.
 *
 * @throws EmbeddedPostgresError when the folder holds something else
 */
export async function ensureCluster(options: ClusterOptions): Promise<void> {
  const folder = clusterFolderOf(options.dataDir)
  await removeLeftovers(options.dataDir)
  const version = await readFile(join(folder, 'PG_VERSION'), 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined
    throw new EmbeddedPostgresError(`${folder} belongs to another account. Start the server as its owner.`, {
      cause: error,
    })
  })
  if (version === undefined) return createCluster(options, folder)
  if (version.trim() !== options.binaries.majorVersion) {
    throw new EmbeddedPostgresError(
      `${folder} was made by PostgreSQL ${version.trim()}, and this version brings ${options.binaries.majorVersion}. ` +
        'Dump the database with the version that made it, and restore it into a new DATA_DIR.',
    )
  }
  await giveFolder(folder, options.identity)
  // PostgreSQL refuses a cluster that others may read, as a restored or copied one often is.
  await chmod(folder, 0o700)
}

/** What to call the cluster on the command line of a process that works in it. */
export function clusterArgument(folder: string, identity: ProcessIdentity | undefined): string {
  // The other account may own the cluster and still be denied the way to it, through root's home for example.
  return identity && process.platform === 'linux' ? '/proc/self/cwd' : folder
}

async function createCluster(options: ClusterOptions, folder: string): Promise<void> {
  const { dataDir, identity } = options
  const entries = await readdir(folder).catch(() => [])
  if (entries.length > 0) {
    throw new EmbeddedPostgresError(`${folder} holds files, but no database. Move it away, or set another DATA_DIR.`)
  }
  const staging = await mkdtemp(join(dataDir, 'postgres.init-'))
  try {
    if (identity) await chown(staging, identity.uid, identity.gid)
    await initialise(options, staging)
    await renameDurably(staging, folder)
  } catch (error) {
    await rm(staging, { recursive: true, force: true, maxRetries: 3 })
    throw error
  }
}

async function initialise({ dataDir, binaries, identity, superuserPassword }: ClusterOptions, staging: string) {
  const passwordFile = join(dataDir, 'postgres.init-password')
  await writeFile(passwordFile, superuserPassword, { mode: 0o600 })
  const handle = await open(passwordFile, 'r')
  try {
    if (identity) await handle.chown(identity.uid, identity.gid)
    const args = [
      `--pgdata=${clusterArgument(staging, identity)}`,
      `--username=${superuserName}`,
      '--auth=scram-sha-256',
      // Through the open file: the path may be closed to the other account.
      `--pwfile=${process.platform === 'win32' ? passwordFile : '/dev/fd/0'}`,
      '--encoding=UTF8',
      // PostgreSQL's own Unicode rules: the same on every machine, whatever locales it has.
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--data-checksums',
    ]
    const { code, output } = await runCommand(binaries.initdb, args, { cwd: staging, identity, stdin: handle.fd })
    if (code !== 0) {
      throw new EmbeddedPostgresError(`The database in ${dataDir} could not be created: ${output.trim().slice(-1_000)}`)
    }
  } finally {
    await handle.close()
    await rm(passwordFile, { force: true })
  }
}

async function removeLeftovers(dataDir: string): Promise<void> {
  for (const entry of await readdir(dataDir)) {
    if (entry.startsWith('postgres.init-')) {
      await rm(join(dataDir, entry), { recursive: true, force: true, maxRetries: 5 })
    }
  }
}
