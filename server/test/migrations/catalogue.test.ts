import { expect, test } from 'vitest'
import { schemaProblems } from '../../src/cli/db-check.ts'
import { withSession } from '../../src/platform/database/session.ts'
import { migratedDatabase } from './migration-fixtures.ts'

const definer = `LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp`
const tenantTable = `CREATE TABLE notes (workspace_id uuid NOT NULL, id uuid NOT NULL, project_id uuid, PRIMARY KEY (workspace_id, id));
  ALTER TABLE notes ENABLE ROW LEVEL SECURITY; ALTER TABLE notes FORCE ROW LEVEL SECURITY;
  CREATE POLICY tenant ON notes USING (workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid))
    WITH CHECK (workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid));
  CREATE POLICY backup ON notes FOR SELECT TO chatbot_backup USING (true);`

async function problemsAfter(change: string): Promise<string[]> {
  const { superuserUrl } = await migratedDatabase()
  return withSession(superuserUrl, async (client) => {
    await client.query(change)
    return schemaProblems(client)
  })
}

test.each([
  [
    'row-level security is switched off',
    'ALTER TABLE messages DISABLE ROW LEVEL SECURITY',
    'table messages: row-level security is off',
  ],
  [
    'FORCE is lifted',
    'ALTER TABLE messages NO FORCE ROW LEVEL SECURITY',
    'table messages: row-level security is not forced on its owner',
  ],
  ['a policy is gone', 'DROP POLICY tenant ON message_feedback', 'table message_feedback: has no policy'],
  [
    'a policy shows everything',
    'ALTER POLICY tenant ON projects USING (true)',
    'table projects: its policy tenant shows more than the rows of the tenant',
  ],
  [
    'a policy accepts every row',
    'ALTER POLICY tenant ON projects WITH CHECK (true)',
    'table projects: its policy tenant shows more than the rows of the tenant',
  ],
  [
    'a policy has a way around',
    'CREATE POLICY other ON projects USING (description IS NULL)',
    'table projects: its policy other shows more than the rows of the tenant',
  ],
  [
    'another role gets a policy',
    'CREATE POLICY monitor ON users TO pg_monitor USING (true)',
    'table users: its policy monitor is for the role pg_monitor',
  ],
  ['backups miss a table', 'DROP POLICY backup ON prompts', 'table prompts: a backup would miss rows of it'],
  [
    'backups miss some rows',
    'ALTER POLICY backup ON prompts USING (version > 1)',
    'table prompts: a backup would miss rows of it',
  ],
  [
    'the backup role may write',
    'GRANT DELETE ON prompts TO chatbot_backup',
    'table prompts: chatbot_backup may DELETE',
  ],
  ['another role gets a grant', 'GRANT SELECT ON users TO pg_monitor', 'table users: pg_monitor may SELECT'],
  [
    'the runtime role may truncate',
    'GRANT TRUNCATE ON users TO chatbot_runtime',
    'table users: chatbot_runtime may TRUNCATE',
  ],
  [
    'an index does not begin with the tenant',
    'CREATE INDEX by_name ON projects (name)',
    'table projects: the index by_name does not begin with workspace_id',
  ],
  [
    'a function runs with its owner’s rights',
    `CREATE FUNCTION leak() RETURNS bigint ${definer} AS 'SELECT count(*) FROM users'; REVOKE ALL ON FUNCTION leak() FROM PUBLIC; GRANT CREATE ON SCHEMA public TO chatbot_system; ALTER FUNCTION leak() OWNER TO chatbot_system; REVOKE CREATE ON SCHEMA public FROM chatbot_system`,
    'function leak(): runs with the rights of its owner and is not listed',
  ],
  [
    'a listed function belongs to somebody else',
    'ALTER FUNCTION reap_runs(uuid, boolean, uuid[]) OWNER TO CURRENT_USER',
    'function reap_runs(uuid,boolean,uuid[]): is not owned by chatbot_system',
  ],
  [
    'a listed function has no search path',
    'ALTER FUNCTION reap_runs(uuid, boolean, uuid[]) RESET search_path',
    'function reap_runs(uuid,boolean,uuid[]): has no fixed search_path',
  ],
  [
    'everybody may run a function',
    'GRANT EXECUTE ON FUNCTION cancel_turn(uuid, uuid) TO PUBLIC',
    'function cancel_turn(uuid,uuid): everybody may run it',
  ],
  [
    'a view is made',
    'CREATE VIEW everyone AS SELECT * FROM users',
    'view everyone: views and foreign tables are not covered by these rules',
  ],
  [
    'somebody may create in the schema',
    'GRANT CREATE ON SCHEMA public TO chatbot_runtime',
    'schema public: chatbot_runtime may create in it',
  ],
])('it is noticed when %s', async (_, change, problem) => {
  expect(await problemsAfter(change)).toEqual([problem])
})

test('a tenant table that keeps the rules is fine', async () => {
  expect(await problemsAfter(tenantTable)).toEqual([])
})

test('a reference to a tenant’s table without the tenant is noticed', async () => {
  const keys =
    'ALTER TABLE projects ADD CONSTRAINT only_id UNIQUE (id); ALTER TABLE notes ADD CONSTRAINT loose FOREIGN KEY (project_id) REFERENCES projects (id)'
  expect(await problemsAfter(tenantTable + keys)).toEqual([
    'table notes: the foreign key loose does not begin with workspace_id on both sides',
    'table projects: the index only_id does not begin with workspace_id',
  ])
})

test('a tenant table without the composite key is noticed', async () => {
  expect(await problemsAfter('ALTER TABLE usage_events DROP CONSTRAINT usage_events_pkey')).toEqual([
    'table usage_events: has no key (workspace_id, id)',
  ])
})

test('a new table that forgot everything is noticed', async () => {
  expect(await problemsAfter('CREATE TABLE notes (workspace_id uuid, body text)')).toEqual([
    'table notes: has no key (workspace_id, id)',
    'table notes: has no policy',
    'table notes: row-level security is not forced on its owner',
    'table notes: row-level security is off',
  ])
})
