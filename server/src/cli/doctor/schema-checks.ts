import type pg from 'pg'
import { catalogueProblems } from '../../platform/migrations/catalogue.ts'
import { type DatabaseDescription, describeDatabase, differences } from '../../platform/migrations/describe-database.ts'
import { readLedger } from '../../platform/migrations/ledger.ts'
import { migrationIds } from '../../platform/migrations/migration-files.ts'
import { demandBeyond, isOlder, tooOldMessage } from '../../platform/migrations/release.ts'
import { catalogueExceptions } from '../catalogue-exceptions.ts'
import { type Finding, judged, ok } from './finding.ts'

/** Whether the database has the migrations of this release. */
export async function migrationsFinding(client: pg.ClientBase): Promise<Finding> {
  const check = 'migrations'
  const known = await migrationIds()
  const ledger = await readLedger(client)
  const done = ledger.filter(({ unfinished }) => unfinished === null).map(({ id }) => id)
  const next = 'Run "npm run db -- upgrade", or start a server that has the owner login.'
  const problems = [
    ...ledger.filter(({ unfinished }) => unfinished !== null).map(({ id }) => `${id} is unfinished`),
    ...known.filter((id) => !ledger.some((entry) => entry.id === id)).map((id) => `${id} is pending`),
  ]
  if (problems.length > 0) return { check, status: 'fail', found: problems, next }
  const newer = done.filter((id) => !known.includes(id))
  if (newer.length === 0) return ok(check, `${done.length} applied, the newest is ${done.at(-1)}`)
  const found = [`a newer release has applied ${newer.join(', ')}; this one goes on with it`]
  return { check, status: 'warn', found, next: 'Bring every server to the newer release.' }
}

/** Whether some migration shuts this release out. */
export async function releaseFinding(client: pg.ClientBase, appVersion: string): Promise<Finding> {
  const check = 'release'
  const ledger = await readLedger(client)
  const demand = demandBeyond(appVersion, ledger)
  if (demand) {
    return { check, status: 'fail', found: [tooOldMessage(appVersion, demand)], next: 'Start a newer release.' }
  }
  const oldest = ledger.map(({ oldestRelease }) => oldestRelease).reduce(newerOf, null)
  return ok(
    check,
    `this is ${appVersion}; the database needs ${oldest ?? 'no particular one'}${oldest ? ' or newer' : ''}`,
  )
}

/** Whether every row is guarded: row-level security, its policies, and the right of backups to see all. */
export async function securityFindings(client: pg.ClientBase): Promise<Finding[]> {
  const problems = await catalogueProblems(client, catalogueExceptions)
  const ofRows = /row-level security|policy|a backup would/
  return [
    judged(
      'row security',
      problems.filter((problem) => ofRows.test(problem)),
      'on and forced on every table, with its policies',
      'Stop serving until it is back: another tenant’s rows may be seen. ALTER TABLE … ENABLE and FORCE ROW LEVEL SECURITY; the policies are in server/migrations.',
    ),
    judged(
      'rights',
      problems.filter((problem) => !ofRows.test(problem)),
      'tables and functions grant what they should',
      'REVOKE what is too much; the grants and keys as they should be are in server/migrations.',
    ),
  ]
}

/** Whether each index can be used, and every one is there (`drift`: how the database differs from the migrations). */
export async function indexesFinding(client: pg.ClientBase, drift: readonly string[]): Promise<Finding> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT x.relname::text AS name FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
      WHERE x.relnamespace = 'public'::regnamespace AND NOT (i.indisvalid AND i.indisready) ORDER BY 1`,
  )
  const problems = [
    ...rows.map(({ name }) => `${name} is invalid: PostgreSQL does not use it`),
    ...drift.filter((line) => line.startsWith('missing: index ')),
  ]
  const next =
    'An invalid one: REINDEX INDEX CONCURRENTLY <name>. A missing one: its CREATE INDEX is in server/migrations.'
  return judged('indexes', problems, 'all there and valid', next)
}

/** How the database differs from one that the migrations alone have made. */
export async function driftOf(client: pg.ClientBase, expected: DatabaseDescription): Promise<string[]> {
  return differences(expected, await describeDatabase(client))
}

export function driftFinding(drift: readonly string[]): Finding {
  return judged(
    'schema',
    [...drift],
    'as the migrations make it',
    'Somebody changed it by hand: take that back, or put it into a migration.',
  )
}

function newerOf(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other
  return isOlder(one, other) ? other : one
}
