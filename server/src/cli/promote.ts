import { pino } from 'pino'
import { BackupError } from '../platform/backup/backup-error.ts'
import { fillDatabase } from '../platform/backup/fill-database.ts'
import type { Digests } from '../platform/backup/rows-digest.ts'
import { withSnapshot } from '../platform/backup/snapshot.ts'
import { DatabaseSetupError } from '../platform/database/database-setup-error.ts'
import { prepareDatabase } from '../platform/database/prepare-database.ts'
import { withSession } from '../platform/database/session.ts'
import type { RunnerOptions } from '../platform/migrations/runner.ts'
import { DataDirBusyError, lockDataDir } from '../platform/postgres/data-dir-lock.ts'
import { startEmbeddedPostgres } from '../platform/postgres/embedded-postgres.ts'
import { requireCluster } from './embedded-cluster.ts'
import { withPreparedLogins } from './owner-session.ts'

interface PromoteOptions {
  /** The login that is to own the tables of an empty database. */
  to: string
  dataDir: string
  runner: RunnerOptions
  say: (message: string) => void
}

/**
 * Copies the embedded database of a data folder, which no server may be using, into an empty database of another
 * PostgreSQL, compares every row, and tells the settings to serve from there. The embedded one stays as it is. Throws
 * {@link BackupError}, or another error meant to be read.
 */
export async function promote(options: PromoteOptions): Promise<void> {
  const { to, dataDir, say } = options
  await requireCluster(dataDir)
  const lock = await lockDataDir(dataDir, 0).catch((error: unknown) => {
    if (!(error instanceof DataDirBusyError)) throw error
    throw new BackupError(
      `A server uses ${dataDir}. Stop it first: what it stored after the copy would be left behind.`,
      { cause: error },
    )
  })
  try {
    const embedded = await startEmbeddedPostgres({ dataDir, logger: quietLogger() })
    const digests = await copy(embedded.ownerUrl, options).finally(embedded.stop)
    say('every row was read back and is equal:')
    for (const line of proof(digests)) say(line)
  } finally {
    await lock.release()
  }
  await tellSettings(options, to)
}

async function copy(from: string, { to, runner, say }: PromoteOptions): Promise<Digests> {
  return withSession(from, (source) =>
    withPreparedLogins({ ownerUrl: to, runtimeUrl: undefined }, (target) =>
      withSnapshot(source, runner.appVersion, (snapshot) =>
        fillDatabase(target, snapshot, { runner, say, replace: false }),
      ),
    ),
  )
}

/** Rows and digest of each table that has any. */
function proof(digests: Digests): string[] {
  const tables = Object.entries(digests).filter(([, { rows }]) => rows > 0)
  const width = Math.max(...tables.map(([name]) => name.length), 0)
  return tables.map(
    ([name, { rows, digest }]) => `  ${name.padEnd(width)}  ${String(rows).padStart(9)} rows  ${digest}`,
  )
}

/** Looks whether a server could start with the URL as it is, and makes its weak login on the way. */
async function tellSettings({ dataDir, runner, say }: PromoteOptions, to: string): Promise<void> {
  const settings = ['', 'Serve from there with these settings:', '', `  DATABASE_URL=${to}`]
  try {
    await prepareDatabase({ url: to, dataDir, appVersion: runner.appVersion, logger: quietLogger() })
  } catch (error) {
    if (!(error instanceof DatabaseSetupError)) throw error
    say(`\nThe data is there. ${error.message}`)
    settings.splice(
      1,
      3,
      'Then serve from there with:',
      '',
      `  DATABASE_OWNER_URL=${to}`,
      '  DATABASE_URL=postgres://<the weak login>',
    )
  }
  const keys = [
    '',
    `The embedded database in ${dataDir} was not changed. Keep that folder: without a SECRET_KEY setting the key in its`,
    'file secret-key goes on signing; on another machine set SECRET_KEY to it, or everybody has to sign in again.',
  ]
  for (const line of [...settings, ...keys]) say(line)
}

function quietLogger() {
  return pino({ level: 'warn' }, process.stderr)
}
