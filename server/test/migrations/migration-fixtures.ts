import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import { onTestFinished } from 'vitest'
import { ensureRoles } from '../../src/platform/database/roles.ts'
import { withSession } from '../../src/platform/database/session.ts'
import type { RunnerOptions } from '../../src/platform/migrations/runner.ts'
import { createTestDatabase, type TestDatabase } from '../support/databases.ts'

export interface Fixture {
  dir: string
  /** For the runner; `said` collects what it tells. */
  options: RunnerOptions & { migrationsDir: string }
  said: string[]
  write(id: string, up: string, down: string): Promise<void>
}

/** A folder of made-up migrations, gone when the test is over. */
export async function migrationFolder(): Promise<Fixture> {
  const dir = await mkdtemp(join(tmpdir(), 'migrations-test-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  const said: string[] = []
  const say = (message: string) => {
    said.push(message)
  }
  const write = async (id: string, up: string, down: string) => {
    await mkdir(join(dir, id), { recursive: true })
    await writeFile(join(dir, id, 'up.sql'), up)
    await writeFile(join(dir, id, 'down.sql'), down)
  }
  return { dir, said, write, options: { say, appVersion: 'test', migrationsDir: dir } }
}

/** An empty database with the roles, gone when the test is over. */
export async function emptyDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase({ empty: true })
  onTestFinished(database.drop)
  await withSession(database.ownerUrl, ensureRoles)
  return database
}

/** A migrated database, gone when the test is over. */
export async function migratedDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase()
  onTestFinished(database.drop)
  return database
}

/** The tables of schema public, sorted. */
export async function tablesOf(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT relname::text AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1`,
  )
  return rows.map((row) => row.name)
}
