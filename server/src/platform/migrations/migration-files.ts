import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MigrationError } from './migration-error.ts'

/** Where the server's migrations are: one folder each, `<UTC timestamp>_<slug>/`. */
export const migrationsDir = fileURLToPath(new URL('../../../migrations', import.meta.url))

/** A migration as it lies on disk. */
export interface Migration {
  /** The folder's name; sorts by time. */
  readonly id: string
  readonly up: string
  readonly down: string
  /** SHA-256 of up.sql without its {@link releaseLine}, hex. */
  readonly checksum: string
  /** The oldest release that works on the database once this is applied, e.g. `0.2.0`; null where the file does not say. */
  readonly oldestRelease: string | null
}

/**
 * Says in up.sql which releases go on working once the migration is applied, e.g. `-- runs-with: >=0.2.0`. Not part of
 * the checksum, so that it can be corrected later.
 */
const releaseLine = /^-- runs-with: *>= *(\d+\.\d+\.\d+)[ \t]*\n/m

/** The line for up.sql that names the oldest release. */
export function releaseHeader(oldestRelease: string): string {
  return `-- runs-with: >=${oldestRelease}\n`
}

const idPattern = /^\d{14}_[a-z0-9_]+$/

/** Every migration, oldest first. Throws {@link MigrationError} where a folder lacks one of its files. */
export async function readMigrations(dir = migrationsDir): Promise<Migration[]> {
  return Promise.all((await migrationIds(dir)).map((id) => readMigration(dir, id)))
}

/** The ids of all migrations, oldest first; reads names only. */
export async function migrationIds(dir = migrationsDir): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true })
  return entries
    .filter((entry) => entry.isDirectory() && idPattern.test(entry.name))
    .map((entry) => entry.name)
    .sort()
}

async function readMigration(dir: string, id: string): Promise<Migration> {
  const up = await readSql(dir, id, 'up.sql')
  const down = await readSql(dir, id, 'down.sql')
  const checksum = createHash('sha256').update(up.replace(releaseLine, '')).digest('hex')
  return { id, up, down, checksum, oldestRelease: releaseLine.exec(up)?.[1] ?? null }
}

/** Line ends are normalised, so that a checkout with CRLF has the same checksum. */
async function readSql(dir: string, id: string, name: string): Promise<string> {
  try {
    return (await readFile(join(dir, id, name), 'utf8')).replaceAll('\r\n', '\n')
  } catch (error) {
    throw new MigrationError(`Migration ${id} lacks its ${name}.`, { cause: error })
  }
}
