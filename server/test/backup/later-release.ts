import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { withSession } from '../../src/platform/database/session.ts'
import { readLedger } from '../../src/platform/migrations/ledger.ts'
import { upgrade } from '../../src/platform/migrations/runner.ts'
import type { TestDatabase } from '../support/databases.ts'
import { migrationsCopy } from './backup-scene.ts'

/** The last migration of a release that is yet to come. */
export const later = '29990101000000_later'
const numbers = `CREATE TABLE numbers (n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, twice bigint GENERATED ALWAYS AS (n * 2) STORED, word text);
  ALTER TABLE numbers ENABLE ROW LEVEL SECURITY; ALTER TABLE numbers FORCE ROW LEVEL SECURITY;
  CREATE POLICY backup ON numbers FOR SELECT TO chatbot_backup USING (true); GRANT SELECT ON numbers TO chatbot_backup;`

/** The migrations of that release, which has one more table; `down` is how it is undone. */
export async function laterMigrations(down = 'DROP TABLE numbers;'): Promise<string> {
  const dir = await migrationsCopy()
  await mkdir(join(dir, later))
  await writeFile(join(dir, later, 'up.sql'), `-- runs-with: >=0.1.0\n${numbers}`)
  await writeFile(join(dir, later, 'down.sql'), down)
  return dir
}

/** Brings a database to the last of these migrations. */
export function migrate(database: TestDatabase, migrationsDir: string): Promise<string[]> {
  const options = { say: () => undefined, appVersion: '0.1.0', migrationsDir }
  return withSession(database.ownerUrl, (client) => upgrade(client, options))
}

/** The last migration that a database has. */
export function newest(database: TestDatabase): Promise<string | undefined> {
  return withSession(database.ownerUrl, async (client) => (await readLedger(client)).at(-1)?.id)
}
