import { chmod, cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { parseDatabaseUrl, withDatabase } from '../../src/platform/database/database-url.ts'
import { prepareDatabase } from '../../src/platform/database/prepare-database.ts'
import { prepareBinaries } from '../../src/platform/postgres/binaries.ts'
import { clusterFolderOf } from '../../src/platform/postgres/cluster.ts'
import { readCredentials } from '../../src/platform/postgres/credentials.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/platform/postgres/embedded-postgres.ts'
import { logFileOf } from '../../src/platform/postgres/log-file.ts'
import { launchPostmaster, type Postmaster, stopPostmaster } from '../../src/platform/postgres/postmaster.ts'
import { chooseIdentity, giveFolder } from '../../src/platform/postgres/process-identity.ts'
import { databaseName, runtimeRole } from '../../src/platform/postgres/roles.ts'
import { chooseAddress, connectionUrl } from '../../src/platform/postgres/server-address.ts'
import type { TestDatabase } from './databases.ts'

/** A migrated primary and a standby that follows it by streaming replication, both real, both in temporary folders. */
export interface ReplicatedDatabase {
  primary: TestDatabase
  /** For `DATABASE_REPLICA_URL`. */
  standbyUrl: string
  standbySuperuserUrl: string
  stopStandby(): Promise<void>
  startStandby(): Promise<void>
  stop(): Promise<void>
}

const logger = pino({ level: 'error' }, process.stderr)

/** Starts both. The standby begins as a copy of the stopped primary, as after a base backup. */
export async function startReplicatedDatabase(): Promise<ReplicatedDatabase> {
  const root = await mkdtemp(join(tmpdir(), 'chatbot-test-'))
  const [primaryDir, standbyDir] = [join(root, 'primary'), join(root, 'standby')]
  const first = await startEmbeddedPostgres({ dataDir: primaryDir, logger })
  await prepareDatabase({
    url: first.runtimeUrl,
    ownerUrl: first.ownerUrl,
    dataDir: primaryDir,
    appVersion: 'test',
    logger: pino({ level: 'silent' }),
  })
  await first.stop()
  await cp(primaryDir, standbyDir, { recursive: true, preserveTimestamps: true })
  // PostgreSQL may run under another account, and has to get to the primary's socket.
  for (const folder of [root, primaryDir]) await chmod(folder, 0o711)
  const running = await startEmbeddedPostgres({ dataDir: primaryDir, logger })
  const standby = await createStandby(standbyDir, running.superuserUrl)
  await standby.start()
  return {
    primary: asTestDatabase(running),
    standbyUrl: standby.urlOf(runtimeRole, 'nobody reads this one'),
    standbySuperuserUrl: standby.superuserUrl,
    stopStandby: standby.stop,
    startStandby: standby.start,
    stop: async () => {
      await standby.stop()
      await running.stop()
      await rm(root, { recursive: true, force: true })
    },
  }
}

async function createStandby(dataDir: string, primaryUrl: string) {
  const clusterFolder = clusterFolderOf(dataDir)
  const identity = await chooseIdentity(clusterFolder)
  await giveFolder(clusterFolder, identity)
  await chmod(clusterFolder, 0o700)
  const binaries = await prepareBinaries(dataDir, identity)
  const credentials = await readCredentials(dataDir)
  const address = await chooseAddress(clusterFolder, identity)
  await writeFile(join(clusterFolder, 'standby.signal'), '')
  const options = { binaries, identity, clusterFolder, logFile: logFileOf(dataDir), address, logger }
  const urlOf = (user: string, password: string) => connectionUrl(address, user, password, databaseName)
  let postmaster: Postmaster | undefined
  return {
    urlOf,
    superuserUrl: urlOf('postgres', credentials?.superuser ?? ''),
    start: async () => {
      if (postmaster) return
      postmaster = await launchPostmaster({ ...options, settings: { primary_conninfo: conninfo(primaryUrl) } })
    },
    stop: async () => {
      if (postmaster) await stopPostmaster(postmaster, options)
      postmaster = undefined
    },
  }
}

/** libpq's words for the primary: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING */
function conninfo(primaryUrl: string): string {
  const { hostname, port, password, searchParams } = parseDatabaseUrl(primaryUrl)
  const [host, number] = [searchParams.get('host') ?? hostname, searchParams.get('port') ?? port]
  return `host=${host} port=${number} user=postgres password=${decodeURIComponent(password)}`
}

function asTestDatabase({ ownerUrl, runtimeUrl, superuserUrl }: EmbeddedPostgres): TestDatabase {
  return {
    name: databaseName,
    ownerUrl,
    runtimeUrl,
    superuserUrl: withDatabase(superuserUrl, databaseName),
    // It goes with its server.
    drop: async () => undefined,
  }
}
