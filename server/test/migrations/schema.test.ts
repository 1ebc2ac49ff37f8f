import { expect, test } from 'vitest'
import { schemaProblems } from '../../src/cli/db-check.ts'
import { withSession } from '../../src/platform/database/session.ts'
import { describeDatabase, differences } from '../../src/platform/migrations/describe-database.ts'
import { migrationsDir } from '../../src/platform/migrations/migration-files.ts'
import { downgrade, upgrade } from '../../src/platform/migrations/runner.ts'
import { describeDeclared, replayProblems, ungeneratedChanges } from '../../src/platform/migrations/verify.ts'
import { programmables, tables } from '../../src/schema.ts'
import { emptyDatabase, migratedDatabase, tablesOf } from './migration-fixtures.ts'

const declared = { tables, programmables }
const options = { say: () => undefined, appVersion: 'test', migrationsDir }

test('every change of the code has its migration', async () => {
  expect(await ungeneratedChanges(declared, migrationsDir)).toEqual([])
})

test('each migration leads on towards what the code declares, and each way down undoes its way up', async () => {
  const [forCode, forMigrations] = [await emptyDatabase(), await emptyDatabase()]
  const fromCode = await describeDeclared(declared, forCode.ownerUrl)
  expect(Object.keys(fromCode).length).toBeGreaterThan(100)
  expect(await replayProblems(fromCode, forMigrations.ownerUrl, options)).toEqual([])
})

test('empty, head, base and head again is the same database, and base leaves nothing of ours', async () => {
  const { ownerUrl } = await emptyDatabase()
  await withSession(ownerUrl, async (client) => {
    await upgrade(client, options)
    const once = await describeDatabase(client)
    await downgrade(client, options, 'base')
    expect(await describeDatabase(client)).toEqual({})
    expect(await tablesOf(client)).toEqual([])
    await upgrade(client, options)
    expect(differences(once, await describeDatabase(client))).toEqual([])
  })
})

test('the migrated database keeps every rule of the catalogue', async () => {
  const { ownerUrl } = await migratedDatabase()
  expect(await withSession(ownerUrl, schemaProblems)).toEqual([])
})

test('the login that migrates is bound by row-level security itself', async () => {
  const { ownerUrl } = await migratedDatabase()
  const { rows } = await withSession(ownerUrl, (client) =>
    client.query(
      `SELECT rolsuper, rolbypassrls, row_security_active('public.projects') AS bound FROM pg_roles WHERE rolname = current_user`,
    ),
  )
  expect(rows).toEqual([{ rolsuper: false, rolbypassrls: false, bound: true }])
})

test.each([
  ['a column', 'ALTER TABLE projects ADD COLUMN colour text', 'unexpected: column projects.colour'],
  ['a type', 'ALTER TABLE projects ALTER COLUMN temperature TYPE float8', 'different: column projects.temperature'],
  [
    'a default',
    'ALTER TABLE projects ALTER COLUMN next_prompt_version SET DEFAULT 2',
    'different: column projects.next_prompt_version',
  ],
  ['NOT NULL', 'ALTER TABLE projects ALTER COLUMN name DROP NOT NULL', 'different: column projects.name'],
  ['an index', 'DROP INDEX projects_newest_idx', 'missing: index projects_newest_idx'],
  [
    'a constraint',
    'ALTER TABLE messages DROP CONSTRAINT messages_run_check',
    'missing: constraint messages.messages_run_check',
  ],
  ['a policy', 'ALTER POLICY tenant ON prompts USING (true)', 'different: policy prompts.tenant'],
  ['FORCE', 'ALTER TABLE prompts NO FORCE ROW LEVEL SECURITY', 'different: table prompts'],
  ['a grant', 'GRANT UPDATE ON prompts TO chatbot_runtime', 'different: table prompts'],
  ['a column grant', 'GRANT UPDATE (content) ON prompts TO chatbot_runtime', 'different: column prompts.content'],
  [
    'a function grant',
    'GRANT EXECUTE ON FUNCTION cancel_turn(uuid, uuid) TO PUBLIC',
    'different: function cancel_turn(uuid,uuid)',
  ],
  ['a function', `CREATE FUNCTION extra() RETURNS int LANGUAGE sql AS 'SELECT 1'`, 'unexpected: function extra()'],
  ['a type of its own', `CREATE TYPE mood AS ENUM ('fine')`, 'unexpected: type mood'],
  ['an extension', 'CREATE EXTENSION pg_trgm', 'unexpected: extension pg_trgm'],
  [
    'default grants',
    'ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC',
    'unexpected: default grants of owner on r',
  ],
])('a database whose %s was changed by hand is noticed', async (_, change, difference) => {
  const { ownerUrl } = await migratedDatabase()
  await withSession(ownerUrl, async (client) => {
    const before = await describeDatabase(client)
    await client.query(change)
    const found = differences(before, await describeDatabase(client))
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(difference)
  })
})
