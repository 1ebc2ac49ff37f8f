import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Programmable } from '../database/programmable.ts'
import { MigrationError } from './migration-error.ts'
import { readMigrations, releaseHeader } from './migration-files.ts'
import { lastSnapshot, type Snapshot } from './snapshot.ts'
import { joinSteps, type Step } from './steps.ts'
import { describeTables, type Rename, tableStatements } from './table-sql.ts'

/** The database as the code declares it. */
export interface Declared {
  tables: Record<string, unknown>
  programmables: readonly Programmable[]
}

/** The way from the last migration to the code, and back. */
export interface Plan {
  up: string
  down: string
  snapshot: Snapshot
}

export interface RevisionOptions {
  dir: string
  /** What the migration does; becomes its name. */
  message: string
  /** The release this is part of; what a first migration runs with. */
  appVersion: string
  /** Compare code and last snapshot; false writes an empty migration to fill in by hand. */
  autogenerate: boolean
  renames?: Rename[]
  now?: Date
}

/**
 * Writes a new migration folder and returns its id, or null where there is nothing to generate. Throws
 * {@link MigrationError}.
 */
export async function writeRevision(declared: Declared, options: RevisionOptions): Promise<string | null> {
  const { id: previous, snapshot: last } = await lastSnapshot(options.dir)
  const plan = options.autogenerate
    ? await planRevision(declared, options.dir, options.renames)
    : { up: handWritten('up'), down: handWritten('down'), snapshot: { ...last, previous } }
  if (!plan) return null
  const id = `${timestamp(options.now ?? new Date())}_${slug(options.message)}`
  if (previous !== null && id <= previous) {
    throw new MigrationError(`The new migration would come before ${previous}. Is the clock right?`)
  }
  // As before: to shut out older releases, whoever writes the migration raises it.
  const oldestRelease = (await readMigrations(options.dir)).at(-1)?.oldestRelease ?? options.appVersion
  const folder = join(options.dir, id)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'up.sql'), `${releaseHeader(oldestRelease)}${plan.up}`)
  await writeFile(join(folder, 'down.sql'), plan.down)
  await writeFile(join(folder, 'snapshot.json'), `${JSON.stringify(plan.snapshot, null, 1)}\n`)
  return id
}

/** What the code has that the last migration has not; null when they are the same. */
export async function planRevision(
  { tables, programmables }: Declared,
  dir: string,
  renames: Rename[] = [],
): Promise<Plan | null> {
  requireUniqueNames(programmables)
  const { id: previous, snapshot: last } = await lastSnapshot(dir)
  const entities = await describeTables(tables)
  const tablesUp = await tableStatements(last.tables, entities, renames)
  const tablesDown = await tableStatements(
    entities,
    last.tables,
    renames.map(({ from, to }) => ({ from: to, to: from })),
  )
  const gone = last.programmables.filter((one) => !programmables.some((other) => isSame(one, other)))
  const added = programmables.filter((one) => !last.programmables.some((other) => isSame(one, other)))
  const up = [...gone.toReversed().map(({ down }) => down), ...tablesUp, ...added.map(({ up }) => up)]
  const down = [...added.toReversed().map(({ down }) => down), ...tablesDown, ...gone.map(({ up }) => up)]
  if (up.length === 0 && down.length === 0) return null
  return {
    up: joinSteps(toSteps(up)),
    down: joinSteps(toSteps(down)),
    snapshot: { previous, tables: entities, programmables: [...programmables] },
  }
}

/** All statements that make the declared database out of an empty one, without migrations; they fit into one transaction. */
export async function statementsFor(declared: Declared): Promise<string[]> {
  const tables = await tableStatements([], await describeTables(declared.tables), [])
  return [...tables, ...declared.programmables.map(({ up }) => up)].map((statement) =>
    terminated(statement.replace(/^CREATE (UNIQUE )?INDEX CONCURRENTLY/, 'CREATE $1INDEX')),
  )
}

function isSame(one: Programmable, other: Programmable): boolean {
  return one.name === other.name && one.up === other.up && one.down === other.down
}

/** Neighbouring statements share a step; what cannot run in a transaction gets its own. */
function toSteps(statements: string[]): Step[] {
  const steps: Step[] = []
  for (const statement of statements) {
    const transactional = !/^(CREATE (UNIQUE )?|DROP )INDEX CONCURRENTLY/.test(statement)
    const last = steps.at(-1)
    if (transactional && last?.transactional)
      steps[steps.length - 1] = { sql: `${last.sql}\n\n${terminated(statement)}`, transactional }
    else steps.push({ sql: terminated(statement), transactional })
  }
  return steps
}

function terminated(statement: string): string {
  return statement.trimEnd().endsWith(';') ? statement.trimEnd() : `${statement.trimEnd()};`
}

function requireUniqueNames(programmables: readonly Programmable[]): void {
  const twice = programmables.find((one, i) => programmables.findIndex(({ name }) => name === one.name) !== i)
  if (twice) throw new MigrationError(`Two programmables are named "${twice.name}".`)
}

function handWritten(direction: 'up' | 'down'): string {
  return `-- ${direction === 'up' ? 'What to change' : 'How to take it back'}. A line "-- step: no transaction" starts a statement that runs outside a transaction.\n`
}

function timestamp(now: Date): string {
  return now.toISOString().replace(/\D/g, '').slice(0, 14)
}

function slug(message: string): string {
  const words = message
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 40)
    .replace(/_+$/, '')
  if (words === '') throw new MigrationError('The message needs a letter or a digit: it names the migration.')
  return words
}
