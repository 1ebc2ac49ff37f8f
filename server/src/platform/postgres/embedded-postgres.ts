import { mkdir, realpath } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DatabaseError } from 'pg'
import type { Logger } from '../logger.ts'
import { prepareBinaries } from './binaries.ts'
import { clusterFolderOf, ensureCluster, superuserName } from './cluster.ts'
import { type Credentials, readCredentials, readOrCreateCredentials } from './credentials.ts'
import { DataDirBusyError, lockDataDir } from './data-dir-lock.ts'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import { keepLogBounded, logFileOf } from './log-file.ts'
import {
  adoptPostmaster,
  launchPostmaster,
  type Postmaster,
  type PostmasterOptions,
  stopPostmaster,
} from './postmaster.ts'
import { readPostmasterFile } from './postmaster-file.ts'
import { PostmasterSupervisor } from './postmaster-supervisor.ts'
import { chooseIdentity } from './process-identity.ts'
import { isPostmasterOf } from './process-info.ts'
import { databaseName, ensureRoles, ownerRole, runtimeRole } from './roles.ts'
import { chooseAddress, connectionUrl, type ServerAddress } from './server-address.ts'

/** A running embedded PostgreSQL with its logins and its database. */
export interface EmbeddedPostgres {
  /** The login that owns the schema and migrates it: no superuser, bound by row-level security. */
  readonly ownerUrl: string
  /** The login the server works with: it may connect, and what migrations grant it. */
  readonly runtimeUrl: string
  /** The cluster's superuser, in the database `postgres`. */
  readonly superuserUrl: string
  /** PostgreSQL's version, e.g. `18.4`. */
  readonly version: string
  /** It ran already: an earlier server of this folder was killed and left it behind. */
  readonly adopted: boolean
  /** Stops it; where it belongs to another process (see `openEmbeddedPostgres`), only lets go of it. */
  stop(): Promise<void>
}

export interface EmbeddedPostgresOptions {
  dataDir: string
  logger: Logger
  /** PostgreSQL settings by name, over the defaults; a value as in postgresql.conf, unquoted. */
  settings?: Record<string, string>
}

/** For one small machine. Durability (fsync, synchronous_commit, full_page_writes) stays at PostgreSQL's defaults: on. */
const defaultSettings: Record<string, string> = {
  cluster_name: 'chatbot',
  shared_buffers: '128MB',
  max_connections: '100',
  // Statements are short: compiling one costs more than it saves.
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // The server's own words. A failed statement goes to who sent it; in a log it would leak what users typed.
  log_min_messages: 'log',
  log_checkpoints: 'off',
}

const answerTimeoutMs = 5_000
const attachTimeoutMs = 30_000
const pollIntervalMs = 20

/**
 * Runs the PostgreSQL that npm carries on `<dataDir>/postgres`, creating the cluster, the logins and the database where
 * they are missing, and keeps it running until `stop()`. One that survived its server (`kill -9`) is adopted.
 *
 * The caller holds the lock of the data folder, see `lockDataDir`.
 *
 * @throws EmbeddedPostgresError when it cannot run here
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 })
  const dataDir = await realpath(options.dataDir)
  const clusterFolder = clusterFolderOf(dataDir)
  const identity = await chooseIdentity(clusterFolder)
  const credentials = await readOrCreateCredentials(dataDir, clusterFolder)
  const binaries = await prepareBinaries(dataDir, identity)
  await ensureCluster({ dataDir, binaries, identity, superuserPassword: credentials.superuser })
  const survivor = await adoptSurvivor(clusterFolder, credentials, { binaries, clusterFolder, identity })
  const launchOptions: PostmasterOptions = {
    binaries,
    identity,
    clusterFolder,
    logFile: logFileOf(dataDir),
    address: survivor?.address ?? (await chooseAddress(clusterFolder, identity)),
    settings: { ...defaultSettings, ...options.settings },
    logger: options.logger,
  }
  const endRotation = await keepLogBounded(launchOptions.logFile, options.logger)
  const postmaster = survivor ?? (await launchPostmaster(launchOptions))
  const supervisor = new PostmasterSupervisor({
    postmaster,
    relaunch: () => launchPostmaster(launchOptions),
    stop: (current) => stopPostmaster(current, launchOptions),
    logger: options.logger,
  })
  const stop = async () => {
    endRotation()
    await supervisor.stop()
  }
  try {
    return await describe(launchOptions.address, credentials, { adopted: survivor !== undefined, stop })
  } catch (error) {
    await stop()
    throw error
  }
}

/**
 * The embedded PostgreSQL for a command that may run beside the server: the server's own where one runs on this data
 * folder, else one that is started for the command and ends with `stop()`. Takes the folder's lock by itself.
 */
export async function openEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const lock = await lockDataDir(options.dataDir, 0).catch((error: unknown) => {
    if (error instanceof DataDirBusyError) return error
    throw error
  })
  if (lock instanceof DataDirBusyError) return attach(options.dataDir, lock)
  try {
    const started = await startEmbeddedPostgres(options)
    return { ...started, stop: () => started.stop().finally(lock.release) }
  } catch (error) {
    await lock.release()
    throw error
  }
}

async function attach(dataDir: string, busy: DataDirBusyError): Promise<EmbeddedPostgres> {
  const clusterFolder = clusterFolderOf(await realpath(resolve(dataDir)))
  const deadline = performance.now() + attachTimeoutMs
  while (performance.now() < deadline) {
    const file = await readPostmasterFile(clusterFolder)
    const credentials = await readCredentials(dataDir)
    if (file?.isReady && file.address && credentials && (await isPostmasterOf(file.pid, clusterFolder))) {
      return describe(file.address, credentials, { adopted: true, stop: async () => undefined })
    }
    await sleep(pollIntervalMs)
  }
  throw busy
}

async function describe(
  address: ServerAddress,
  credentials: Credentials,
  rest: Pick<EmbeddedPostgres, 'adopted' | 'stop'>,
): Promise<EmbeddedPostgres> {
  const superuserUrl = superuserUrlOf(address, credentials)
  return {
    superuserUrl,
    version: await ensureRoles(superuserUrl, credentials),
    ownerUrl: connectionUrl(address, ownerRole, credentials.owner, databaseName),
    runtimeUrl: connectionUrl(address, runtimeRole, credentials.runtime, databaseName),
    ...rest,
  }
}

/** The PostgreSQL that a killed server left behind, if it still answers us; one that does not is stopped. */
async function adoptSurvivor(
  clusterFolder: string,
  credentials: Credentials,
  options: Pick<PostmasterOptions, 'binaries' | 'clusterFolder' | 'identity'>,
): Promise<Postmaster | undefined> {
  let deadline = performance.now() + answerTimeoutMs
  for (;;) {
    const file = await readPostmasterFile(clusterFolder)
    if (!file || !(await isPostmasterOf(file.pid, clusterFolder))) return undefined
    const answer = file.address ? await ask(file.address, credentials) : 'silent'
    if (answer === 'ok' && file.address) return adoptPostmaster(file.pid, file.address, clusterFolder)
    if (answer === 'refused') {
      throw new EmbeddedPostgresError(
        `The PostgreSQL that runs on ${clusterFolder} (pid ${file.pid}) refuses the password in postgres-credentials.json. ` +
          'Restore that file from the backup of the data folder.',
      )
    }
    // Starting, recovering or stopping: it is alive, and interrupting it would only begin the work anew.
    if (answer === 'busy') deadline = performance.now() + answerTimeoutMs
    if (performance.now() > deadline) {
      const isRunning = () => isPostmasterOf(file.pid, clusterFolder)
      await stopPostmaster({ pid: file.pid, isRunning }, options)
      return undefined
    }
    await sleep(pollIntervalMs)
  }
}

async function ask(address: ServerAddress, credentials: Credentials): Promise<'ok' | 'busy' | 'refused' | 'silent'> {
  try {
    await ensureRoles(superuserUrlOf(address, credentials), credentials)
    return 'ok'
  } catch (error) {
    if (!(error instanceof DatabaseError)) return 'silent'
    if (error.code === '28P01') return 'refused'
    // cannot_connect_now (57P03) and its kin.
    return error.code?.startsWith('57P') ? 'busy' : 'silent'
  }
}

function superuserUrlOf(address: ServerAddress, credentials: Credentials): string {
  return connectionUrl(address, superuserName, credentials.superuser, 'postgres')
}
