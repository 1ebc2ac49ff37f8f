import { parseArgs } from 'node:util'
import { readLedger } from '../platform/migrations/ledger.ts'
import { migrationIds, migrationsDir } from '../platform/migrations/migration-files.ts'
import { writeRevision } from '../platform/migrations/revision.ts'
import { downgrade, type RunnerOptions, upgrade } from '../platform/migrations/runner.ts'
import type { Rename } from '../platform/migrations/table-sql.ts'
import { programmables, tables } from '../schema.ts'
import { appVersion } from '../version.ts'
import { commandNamed, runCommandLine, UsageError } from './command-line.ts'
import { runBackup, runPromote, runRestore } from './db-backup.ts'
import { check } from './db-check.ts'
import { withOwnerSession, withPreparedSession } from './owner-session.ts'

const usage = `npm run db -- <command>

  upgrade [id]       apply migrations up to id (all by default)
  downgrade <to>     revert: -1 (or -n), an id, base
  current            the newest migration that is applied
  history            every migration and when it was applied
  revision -m "…"    write a new migration; with --autogenerate from what changed in the code
                     (--rename old:new or table.old:new, where drop and create would lose data)
  check              code, migrations and database agree; --offline leaves the database out
  doctor             is the database in order, and what to do where it is not; --json
  backup [file]      save everything into one file while servers go on working
  restore <file>     fill an empty database from it (--replace drops what is there, --yes does not ask,
                     --no-copy saves no copy of it first; --test restores into a throw-away database)
  promote --to <url> copy the embedded database to a PostgreSQL server
`

const say = (message: string) => console.log(message)
const runner = { say, appVersion, migrationsDir } satisfies RunnerOptions

const commands: Record<string, (args: string[]) => Promise<number>> = {
  upgrade: runUpgrade,
  downgrade: runDowngrade,
  current: runCurrent,
  history: runHistory,
  revision: runRevision,
  check: runCheck,
  doctor: async (args) => (await import('./db-doctor.ts')).runDoctor(args),
  backup: runBackup,
  restore: runRestore,
  promote: runPromote,
}

/** Runs `db <command>`; the exit code is 0, 1 for a failure, 2 for wrong usage. */
export function run([name = '', ...args]: string[]): Promise<number> {
  return runCommandLine(usage, () => commandNamed(commands, name)(args))
}

async function runUpgrade(args: string[]): Promise<number> {
  const { positionals } = parseArgs({ args, allowPositionals: true })
  const [target = 'head', ...more] = positionals
  if (more.length > 0) throw new UsageError('upgrade takes one id.')
  const done = await withPreparedSession((client) => upgrade(client, runner, target))
  if (done.length === 0) say('nothing to do')
  return 0
}

async function runDowngrade(args: string[]): Promise<number> {
  // `-1` would be an option to parseArgs.
  const [target, ...more] = args
  if (target === undefined || more.length > 0) throw new UsageError('downgrade takes -1 (or -n), an id, or base.')
  const done = await withPreparedSession((client) => downgrade(client, runner, target))
  if (done.length === 0) say('nothing to do')
  return 0
}

async function runCurrent(args: string[]): Promise<number> {
  parseArgs({ args })
  const applied = await withOwnerSession(readLedger)
  const last = applied.at(-1)
  const head = (await migrationIds()).at(-1)
  const note = last?.unfinished ? ' (unfinished)' : last?.id === head ? ' (head)' : ''
  say(last ? `${last.id}${note}` : 'base')
  return 0
}

async function runHistory(args: string[]): Promise<number> {
  parseArgs({ args })
  const known = await migrationIds()
  const applied = await withOwnerSession(readLedger)
  for (const id of [...new Set([...known, ...applied.map((entry) => entry.id)])].sort()) {
    const entry = applied.find((one) => one.id === id)
    const unfinished = entry?.unfinished ? `, unfinished (${entry.unfinished})` : ''
    const since = entry?.oldestRelease ? `, for releases from ${entry.oldestRelease}` : ''
    const when = entry
      ? `applied ${entry.appliedAt.toISOString()} by ${entry.appVersion}${unfinished}${since}`
      : 'pending'
    say(`${id}  ${when}${known.includes(id) ? '' : ', unknown to this code'}`)
  }
  return 0
}

async function runRevision(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      message: { type: 'string', short: 'm' },
      autogenerate: { type: 'boolean', default: false },
      rename: { type: 'string', multiple: true, default: [] },
    },
  })
  if (!values.message) throw new UsageError('revision needs -m "what it does".')
  const { message, autogenerate } = values
  const options = { dir: migrationsDir, message, autogenerate, appVersion, renames: values.rename.map(parseRename) }
  const id = await writeRevision({ tables, programmables }, options)
  say(
    id === null ? 'the code has no changes' : `wrote server/migrations/${id}: read it, then run "npm run db -- check"`,
  )
  return 0
}

async function runCheck(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { offline: { type: 'boolean', default: false } } })
  const problems = await check({ offline: values.offline, say, runner })
  for (const problem of problems) console.error(`- ${problem}`)
  say(problems.length === 0 ? 'ok' : `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`)
  return problems.length === 0 ? 0 : 1
}

/** `old:new` for a table, `table.old:new` for a column. */
function parseRename(text: string): Rename {
  const match = /^(?:(\w+)\.)?(\w+):(\w+)$/.exec(text)
  if (!match) throw new UsageError(`--rename is old:new or table.old:new, not "${text}".`)
  const [, table, from = '', to = ''] = match
  return table === undefined ? { from: [from], to: [to] } : { from: [table, from], to: [table, to] }
}
