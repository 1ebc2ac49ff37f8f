import { stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { parseArgs } from 'node:util'
import type pg from 'pg'
import { loadConfig } from '../config.ts'
import { archiveSource, type VerifiedArchive, verifyArchive } from '../platform/backup/archive-reader.ts'
import { writeArchive } from '../platform/backup/archive-writer.ts'
import { BackupError } from '../platform/backup/backup-error.ts'
import { fillDatabase, requireKnown } from '../platform/backup/fill-database.ts'
import type { Digests } from '../platform/backup/rows-digest.ts'
import { withSnapshot } from '../platform/backup/snapshot.ts'
import { backupTables } from '../platform/backup/tables.ts'
import { ensureRoles } from '../platform/database/roles.ts'
import { withSession } from '../platform/database/session.ts'
import type { RunnerOptions } from '../platform/migrations/runner.ts'
import { appVersion } from '../version.ts'
import { UsageError } from './command-line.ts'
import { withOwnerSession, withPreparedSession } from './owner-session.ts'
import { promote } from './promote.ts'
import { withScratchPostgres } from './scratch-postgres.ts'

const say = (message: string) => console.log(message)
const runner: RunnerOptions = { say, appVersion }

/** `db backup [file]`. */
export async function runBackup(args: string[]): Promise<number> {
  const { positionals } = parseArgs({ args, allowPositionals: true })
  const [given, ...more] = positionals
  if (more.length > 0) throw new UsageError('backup takes one file.')
  const path = resolve(given ?? join(loadConfig().dataDir, 'backups', fileName('chatbot')))
  await withOwnerSession((client) => save(client, path))
  return 0
}

/** `db restore <file>`. */
export async function runRestore(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      replace: { type: 'boolean', default: false },
      yes: { type: 'boolean', default: false },
      'no-copy': { type: 'boolean', default: false },
      test: { type: 'boolean', default: false },
    },
  })
  const [given, ...more] = positionals
  if (given === undefined || more.length > 0) throw new UsageError('restore takes one file.')
  const { replace, yes, test } = values
  if (test && replace) throw new UsageError('restore --test needs no --replace: it uses a database of its own.')
  if (replace && !yes && !process.stdin.isTTY) throw new UsageError('restore --replace needs --yes here.')
  // All of it is read before the database is opened: a broken file must not cost anything.
  const archive = await verifyArchive(resolve(given))
  await requireKnown(archive.head)
  say(`the file is whole: ${described(archive)}`)
  const into = test ? withScratchSession : withPreparedSession
  await into(async (client) => {
    if (replace && !yes) await confirm(client)
    if (replace && !values['no-copy']) await saveCopy(client, join(dirname(archive.path), fileName('before-restore')))
    const options = { runner, say, replace, expected: archive.manifest.tables }
    const digests = await fillDatabase(client, archiveSource(archive), options)
    say(`restored and compared: ${counted(digests)}${test ? ', and thrown away' : ''}`)
  })
  return 0
}

/** A database that is gone afterwards, in which a restore can be tried. */
function withScratchSession<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  return withScratchPostgres(async (create) =>
    withSession(await create(), async (client) => {
      await ensureRoles(client)
      return work(client)
    }),
  )
}

/** `db promote --to <url>`. */
export async function runPromote(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { to: { type: 'string' } } })
  if (!values.to || !/^postgres(ql)?:\/\/./.test(values.to)) {
    throw new UsageError('promote needs --to postgres://… of the login that is to own the tables.')
  }
  await promote({ to: values.to, dataDir: loadConfig().dataDir, runner, say })
  return 0
}

async function save(client: pg.Client, path: string): Promise<void> {
  const digests = await withSnapshot(client, appVersion, (source) => writeArchive(source, path))
  const { size } = await stat(path)
  say(`saved ${counted(digests)} into ${path} (${(size / 1_048_576).toFixed(1)} MiB)`)
}

async function saveCopy(client: pg.Client, path: string): Promise<void> {
  if ((await backupTables(client)).length === 0) return
  try {
    await save(client, path)
  } catch (error) {
    if (!(error instanceof BackupError)) throw error
    throw new BackupError(
      `What the database holds cannot be saved first: ${error.message} With --no-copy it is dropped all the same.`,
      { cause: error },
    )
  }
}

async function confirm(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>('SELECT current_database() AS name')
  const name = rows[0]?.name ?? ''
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await terminal.question(`This drops what the database ${name} holds. Type its name to go on: `)
    if (answer.trim() !== name) throw new BackupError('Nothing was changed.')
  } finally {
    terminal.close()
  }
}

function described({ head, manifest }: VerifiedArchive): string {
  return `${counted(manifest.tables)}, saved ${head.created_at} by release ${head.release}`
}

function counted(digests: Digests): string {
  const tables = Object.values(digests)
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  return `${rows} rows of ${tables.length} tables`
}

/** `chatbot-20260131T235959Z.tar.gz`. */
function fileName(kind: string): string {
  return `${kind}-${new Date().toISOString().replace(/[-:]|\.\d+/g, '')}.tar.gz`
}
