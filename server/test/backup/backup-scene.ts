import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, onTestFinished } from 'vitest'
import { archiveSource, verifyArchive } from '../../src/platform/backup/archive-reader.ts'
import { writeArchive } from '../../src/platform/backup/archive-writer.ts'
import { type FillOptions, fillDatabase } from '../../src/platform/backup/fill-database.ts'
import type { Digests } from '../../src/platform/backup/rows-digest.ts'
import { withSnapshot } from '../../src/platform/backup/snapshot.ts'
import { withSession } from '../../src/platform/database/session.ts'
import { migrationsDir } from '../../src/platform/migrations/migration-files.ts'
import type { TestApp, TestUser } from '../support/app.ts'
import { createProject } from '../support/app.ts'
import { createTestDatabase, type TestDatabase } from '../support/databases.ts'
import { ask } from '../support/turns.ts'

export const folder = mkdtempSync(join(tmpdir(), 'backup-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A file name nobody uses yet. */
export function freshPath(): string {
  return join(folder, `${randomBytes(6).toString('hex')}.tar.gz`)
}

/** Saves a database into a new file. */
export async function save(database: TestDatabase): Promise<string> {
  const path = freshPath()
  await withSession(database.ownerUrl, (client) =>
    withSnapshot(client, '0.1.0', (source) => writeArchive(source, path)),
  )
  return path
}

/** Restores a file; `dir` holds other migrations than the server's. */
export async function restore(
  database: TestDatabase,
  path: string,
  options: Partial<FillOptions> & { dir?: string } = {},
): Promise<Digests> {
  const archive = await verifyArchive(path)
  const say = () => undefined
  const runner = { say, appVersion: '0.1.0', migrationsDir: options.dir }
  const expected = archive.manifest.tables
  return withSession(database.ownerUrl, (client) =>
    fillDatabase(client, archiveSource(archive), { runner, say, replace: false, expected, ...options }),
  )
}

/** A database for one test. */
export async function databaseFor(options: { empty?: boolean } = {}): Promise<TestDatabase> {
  const database = await createTestDatabase(options)
  onTestFinished(database.drop)
  return database
}

/** How many rows each table has and what they are, as PostgreSQL itself tells it to a superuser. */
export async function fingerprints(database: TestDatabase): Promise<Record<string, string>> {
  return withSession(database.superuserUrl, async (client) => {
    await client.query(`SET timezone = 'UTC'`)
    const { rows: tables } = await client.query<{ name: string }>(
      `SELECT relname::text AS name FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relpersistence = 'p'
          AND relname NOT IN ('schema_migrations', 'search_progress')`,
    )
    const found: Record<string, string> = {}
    for (const { name } of tables) {
      const { rows } = await client.query<{ print: string }>(
        `SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, ',' ORDER BY t::text COLLATE "C")), '') AS print
           FROM public.${pg.escapeIdentifier(name)} t`,
      )
      found[name] = rows[0]?.print ?? ''
    }
    return found
  })
}

/** Text that COPY has to escape. */
export const awkward = 'line\nbreak, tab\t, back\\slash, \\N, \\., "quotes", émoji 🙂, \u2028'

/** A user with a bot and a conversation of three turns. */
export async function converse(app: TestApp): Promise<{ user: TestUser; sessionId: string; projectId: string }> {
  const user = await app.user()
  const project = await createProject(user, { description: awkward })
  const { session_id: sessionId } = await ask(user, project, awkward)
  for (const question of ['second', 'third']) await ask(user, project, question, sessionId)
  return { user, sessionId, projectId: project.id }
}

/** A copy of the server's migrations, to add one to. */
export async function migrationsCopy(): Promise<string> {
  const dir = join(folder, randomBytes(6).toString('hex'))
  await cp(migrationsDir, dir, { recursive: true })
  return dir
}

const cli = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))

/** Runs `db …` in a process of its own with these settings. */
export function db(settings: Record<string, string>, ...args: string[]) {
  const { DATABASE_URL, DATABASE_OWNER_URL, ...inherited } = process.env
  return new Promise<{ code: number; out: string; error: string }>((resolve) => {
    const options = { env: { ...inherited, ...settings }, cwd: folder, maxBuffer: 10_000_000 }
    execFile(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', cli, 'db', ...args],
      options,
      (failure, out, error) => {
        resolve({ code: failure === null ? 0 : Number(failure.code), out: out.trim(), error: error.trim() })
      },
    )
  })
}

export function settingsOf(database: TestDatabase): Record<string, string> {
  return { DATABASE_URL: database.runtimeUrl, DATABASE_OWNER_URL: database.ownerUrl, DATA_DIR: folder }
}
