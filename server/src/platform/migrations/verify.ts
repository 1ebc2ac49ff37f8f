import type pg from 'pg'
import { ensureRoles } from '../database/roles.ts'
import { withSession } from '../database/session.ts'
import { type DatabaseDescription, describeDatabase, differences } from './describe-database.ts'
import { migrationIds, readMigrations, releaseHeader } from './migration-files.ts'
import { type Declared, planRevision, statementsFor } from './revision.ts'
import { downgrade, type RunnerOptions, upgrade } from './runner.ts'
import { forks } from './snapshot.ts'

/** What the code declares and no migration has yet, as the SQL that is missing; forks of the history; and migrations that do not name the oldest release. */
export async function ungeneratedChanges(declared: Declared, dir: string): Promise<string[]> {
  const plan = await planRevision(declared, dir)
  const missing = plan === null ? [] : [`the code has changes without a migration:\n${indented(plan.up || plan.down)}`]
  return [...(await forks(dir)), ...(await silentOnReleases(dir)), ...missing]
}

async function silentOnReleases(dir: string): Promise<string[]> {
  return (await readMigrations(dir))
    .filter(({ oldestRelease }) => oldestRelease === null)
    .map(
      ({ id }) =>
        `${id} does not say which releases run with it: begin its up.sql with "${releaseHeader('x.y.z').trim()}"`,
    )
}

/** What a database made straight from the code looks like. `scratchUrl`: the owner login of a database with nothing in it. */
export async function describeDeclared(declared: Declared, scratchUrl: string): Promise<DatabaseDescription> {
  const statements = await statementsFor(declared)
  return withSession(scratchUrl, async (client) => {
    await ensureRoles(client)
    await client.query('BEGIN')
    try {
      await client.query(statements.join('\n'))
      return await describeDatabase(client)
    } finally {
      await client.query('ROLLBACK')
    }
  })
}

/**
 * Plays every migration in an empty database, forth and back: at the end it must equal `declared`, and each way down must
 * undo its way up. Returns what does not hold. `scratchUrl`: the owner login of a database with nothing in it.
 */
export async function replayProblems(
  declared: DatabaseDescription,
  scratchUrl: string,
  options: RunnerOptions & { migrationsDir: string },
): Promise<string[]> {
  return withSession(scratchUrl, async (client) => {
    await ensureRoles(client)
    const before: { id: string; description: DatabaseDescription }[] = []
    for (const id of await migrationIds(options.migrationsDir)) {
      before.push({ id, description: await describeDatabase(client) })
      await upgrade(client, options, id)
    }
    const atHead = labelled('the migrations do not lead to what the code declares', await compare(client, declared))
    return [...atHead, ...(await wayBackProblems(client, before.toReversed(), options))]
  })
}

async function wayBackProblems(
  client: pg.ClientBase,
  newestFirst: { id: string; description: DatabaseDescription }[],
  options: RunnerOptions,
): Promise<string[]> {
  const problems: string[] = []
  for (const { id, description } of newestFirst) {
    await downgrade(client, options, '-1')
    problems.push(...labelled(`down.sql of ${id} does not undo its up.sql`, await compare(client, description)))
  }
  return problems
}

async function compare(client: pg.ClientBase, expected: DatabaseDescription): Promise<string[]> {
  return differences(expected, await describeDatabase(client))
}

function labelled(label: string, lines: string[]): string[] {
  return lines.length === 0 ? [] : [`${label}:\n${indented(lines.join('\n'))}`]
}

function indented(text: string): string {
  return text
    .trim()
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n')
}
