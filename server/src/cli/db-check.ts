import type pg from 'pg'
import { ensureRoles } from '../platform/database/roles.ts'
import { withSession } from '../platform/database/session.ts'
import { catalogueProblems } from '../platform/migrations/catalogue.ts'
import { type DatabaseDescription, describeDatabase, differences } from '../platform/migrations/describe-database.ts'
import type { RunnerOptions } from '../platform/migrations/runner.ts'
import { upgrade } from '../platform/migrations/runner.ts'
import { migrationsState } from '../platform/migrations/state.ts'
import { describeDeclared, replayProblems, ungeneratedChanges } from '../platform/migrations/verify.ts'
import { programmables, tables } from '../schema.ts'
import { appVersion } from '../version.ts'
import { catalogueExceptions } from './catalogue-exceptions.ts'
import { withOwnerSession } from './owner-session.ts'
import { withScratchPostgres } from './scratch-postgres.ts'

const declared = { tables, programmables }

interface CheckOptions {
  /** Leave the configured database out. */
  offline: boolean
  say: (message: string) => void
  runner: RunnerOptions & { migrationsDir: string }
}

/**
 * Whether code, migrations and database agree: no change of the code without a migration; the migrations, played forth and
 * back in a throw-away PostgreSQL, lead to what the code declares; that keeps the catalogue rules; and the configured
 * database is the same. Returns the problems.
 */
export async function check({ offline, say, runner }: CheckOptions): Promise<string[]> {
  const problems = await ungeneratedChanges(declared, runner.migrationsDir)
  say('code and newest migration compared')
  // Waits for nothing a person would want to read.
  const quiet = { ...runner, say: () => undefined }
  const expected = await withScratchPostgres(async (create) => {
    const description = await describeDeclared(declared, await create())
    problems.push(...(await replayProblems(description, await create(), quiet)))
    problems.push(...(await rulesProblems(await create(), quiet)))
    return description
  })
  say('migrations played forth and back')
  if (offline) return problems
  problems.push(...(await withOwnerSession((client) => databaseProblems(client, expected))))
  say('database compared')
  return problems
}

/** How a database differs from what the code declares, and which catalogue rules it breaks. */
export async function databaseProblems(client: pg.ClientBase, expected: DatabaseDescription): Promise<string[]> {
  const state = await migrationsState(client, { appVersion })
  if (state === 'pending') return ['the database lacks migrations: run "npm run db -- upgrade"']
  if (state === 'ahead') return ['the database is ahead of this code']
  if (state === 'too_old') return ['the database needs a newer release than this']
  const different = differences(expected, await describeDatabase(client))
  return [...different, ...(await schemaProblems(client))].map((problem) => `database: ${problem}`)
}

/** Breaches of the catalogue rules in a migrated database of this product. */
export function schemaProblems(client: pg.ClientBase): Promise<string[]> {
  return catalogueProblems(client, catalogueExceptions)
}

async function rulesProblems(scratchUrl: string, runner: RunnerOptions): Promise<string[]> {
  return withSession(scratchUrl, async (client) => {
    await ensureRoles(client)
    await upgrade(client, runner)
    return schemaProblems(client)
  })
}
