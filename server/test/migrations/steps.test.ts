import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { expect, test } from 'vitest'
import { withSession } from '../../src/platform/database/session.ts'
import { readLedger } from '../../src/platform/migrations/ledger.ts'
import { downgrade, upgrade } from '../../src/platform/migrations/runner.ts'
import { migrationsState } from '../../src/platform/migrations/state.ts'
import { joinSteps, splitSteps } from '../../src/platform/migrations/steps.ts'
import { emptyDatabase, migrationFolder } from './migration-fixtures.ts'

const table = '20260101000000_table'
const index = '20260102000000_index'

const createIndex = 'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS a_key ON a (id);'
const up = `ALTER TABLE a ADD COLUMN b int;

-- step: no transaction
${createIndex}

-- step: transaction
ALTER TABLE a ADD CONSTRAINT a_key UNIQUE USING INDEX a_key;
`
const down = `ALTER TABLE a DROP CONSTRAINT IF EXISTS a_key, DROP COLUMN b;

-- step: no transaction
DROP INDEX CONCURRENTLY IF EXISTS a_key;
`

async function withTwoEqualRows() {
  const folder = await migrationFolder()
  await folder.write(table, 'CREATE TABLE a (id int); INSERT INTO a VALUES (1), (1);', 'DROP TABLE a;')
  await folder.write(index, up, down)
  return { ...folder, database: await emptyDatabase() }
}

async function indexIsValid(client: pg.ClientBase): Promise<boolean | undefined> {
  const { rows } = await client.query(`SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('a_key')`)
  return rows[0]?.indisvalid
}

test('the text of steps reads as the same steps', () => {
  const steps = splitSteps(up)
  expect(steps.map((step) => step.transactional)).toEqual([true, false, true])
  expect(steps[1]?.sql).toBe(createIndex)
  expect(joinSteps(steps)).toBe(up)
  expect(splitSteps('-- step: no transaction\nVACUUM;')).toEqual([{ sql: 'VACUUM;', transactional: false }])
})

test('a step that failed is tried again without repeating those before it', async () => {
  const { options, said, dir, database } = await withTwoEqualRows()
  await withSession(database.ownerUrl, async (client) => {
    await expect(upgrade(client, options)).rejects.toThrow('in step 2 of 3')
    // What PostgreSQL leaves of an interrupted concurrent build; IF NOT EXISTS alone would be content with it.
    expect(await indexIsValid(client)).toBe(false)
    expect(await migrationsState(client, { appVersion: 'test', dir })).toBe('pending')
    await client.query('DELETE FROM a')
    expect(await upgrade(client, options)).toEqual([index])
    expect(said.at(-1)).toBe(`upgrade ${index} (resuming at step 2)`)
    expect(await indexIsValid(client)).toBe(true)
    expect((await readLedger(client)).map((entry) => entry.unfinished)).toEqual([null, null])
  })
})

test('what a process that dies in a step leaves behind is taken up by the next one', async () => {
  const { options, said, database } = await withTwoEqualRows()
  await withSession(database.ownerUrl, async (holder) => {
    await upgrade(holder, options, table)
    await holder.query('DELETE FROM a')
    // A concurrent build waits, half done, for transactions that are older than it.
    await holder.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1')
    const dying = withSession(database.ownerUrl, (client) => upgrade(client, options))
    await Promise.all([expect(dying).rejects.toThrow('in step 2 of 3'), killWaitingBuild(database.ownerUrl)])
    await holder.query('COMMIT')
    expect(await indexIsValid(holder)).toBe(false)
    expect(await upgrade(holder, options)).toEqual([index])
    expect(said.at(-1)).toBe(`upgrade ${index} (resuming at step 2)`)
    expect(await indexIsValid(holder)).toBe(true)
  })
})

async function killWaitingBuild(url: string): Promise<void> {
  await withSession(url, async (client) => {
    for (;;) {
      const { rowCount } = await client.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND query LIKE 'CREATE UNIQUE INDEX CONC%' AND wait_event_type = 'Lock'`,
      )
      if (rowCount === 1) return
      await sleep(20)
    }
  })
}

test('an unfinished migration can be given up', async () => {
  const { options, database } = await withTwoEqualRows()
  await withSession(database.ownerUrl, async (client) => {
    await expect(upgrade(client, options)).rejects.toThrow('in step 2 of 3')
    expect(await downgrade(client, options, '-1')).toEqual([index])
    expect(await indexIsValid(client)).toBeUndefined()
    expect((await readLedger(client)).map(({ id }) => id)).toEqual([table])
  })
})
