import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { check, index, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { expect, test } from 'vitest'
import type { Programmable } from '../../src/platform/database/programmable.ts'
import { releaseHeader } from '../../src/platform/migrations/migration-files.ts'
import { type Declared, type RevisionOptions, writeRevision } from '../../src/platform/migrations/revision.ts'
import { describeDeclared, replayProblems, ungeneratedChanges } from '../../src/platform/migrations/verify.ts'
import { emptyDatabase, migrationFolder } from './migration-fixtures.ts'

const notes = () => pgTable('notes', { id: uuid().primaryKey(), body: text().notNull() })
const answer = (value: number): Programmable => ({
  name: 'function answer()',
  up: `CREATE FUNCTION answer() RETURNS int LANGUAGE sql AS 'SELECT ${value}';`,
  down: 'DROP FUNCTION answer();',
})
const first: Declared = { tables: { notes: notes() }, programmables: [answer(41)] }

/** A folder that has a migration for `first`; `revise` adds another and returns its SQL, `verify` plays all of them. */
async function afterFirst() {
  const { dir, options } = await migrationFolder()
  const base = { dir, autogenerate: true, appVersion: '0.1.0' }
  await writeRevision(first, { ...base, message: 'First', now: new Date('2026-01-01T00:00:00Z') })
  const revise = async (declared: Declared, more: Partial<RevisionOptions> = {}) => {
    const id = await writeRevision(declared, {
      ...base,
      message: 'Second: more!',
      now: new Date('2026-01-02T00:00:00Z'),
      ...more,
    })
    const read = (name: string) => readFile(join(dir, id ?? '', name), 'utf8')
    return { id, up: (await read('up.sql')).replace(releaseHeader('0.1.0'), ''), down: await read('down.sql') }
  }
  const verify = async (declared: Declared) => {
    const expected = await describeDeclared(declared, (await emptyDatabase()).ownerUrl)
    const replayed = await replayProblems(expected, (await emptyDatabase()).ownerUrl, options)
    return [...(await ungeneratedChanges(declared, dir)), ...replayed]
  }
  return { dir, options, revise, verify }
}

test('what the code declares becomes a migration, once', async () => {
  const { dir, verify } = await afterFirst()
  expect(await verify(first)).toEqual([])
  expect(await writeRevision(first, { dir, message: 'again', autogenerate: true, appVersion: '0.1.0' })).toBeNull()
})

test('a new column and a changed function lead forth and back', async () => {
  const { revise, verify } = await afterFirst()
  const changed = {
    tables: { notes: pgTable('notes', { id: uuid().primaryKey(), body: text().notNull(), stars: integer() }) },
    programmables: [answer(42)],
  }
  const { id, up, down } = await revise(changed)
  expect(id).toBe('20260102000000_second_more')
  expect(up).toBe(`DROP FUNCTION answer();\n\nALTER TABLE "notes" ADD COLUMN "stars" integer;\n\n${answer(42).up}\n`)
  expect(down).toBe(`DROP FUNCTION answer();\n\nALTER TABLE "notes" DROP COLUMN "stars";\n\n${answer(41).up}\n`)
  expect(await verify(changed)).toEqual([])
})

test('a concurrent index gets a step of its own', async () => {
  const { revise, verify } = await afterFirst()
  const table = pgTable('notes', { id: uuid().primaryKey(), body: text().notNull() }, (t) => [
    index('notes_body_idx').on(t.body).concurrently(),
  ])
  const changed = { tables: { notes: table }, programmables: first.programmables }
  const { up } = await revise(changed)
  expect(up).toBe(
    '-- step: no transaction\nCREATE INDEX CONCURRENTLY IF NOT EXISTS "notes_body_idx" ON "notes" ("body");\n',
  )
  expect(await verify(changed)).toEqual([])
})

test('a column keeps its data under a new name when the rename is told', async () => {
  const { revise, verify } = await afterFirst()
  const renamed = {
    tables: { notes: pgTable('notes', { id: uuid().primaryKey(), content: text().notNull() }) },
    programmables: first.programmables,
  }
  const { up, down } = await revise(renamed, { renames: [{ from: ['notes', 'body'], to: ['notes', 'content'] }] })
  expect(up).toBe('ALTER TABLE "notes" RENAME COLUMN "body" TO "content";\n')
  expect(down).toBe('ALTER TABLE "notes" RENAME COLUMN "content" TO "body";\n')
  expect(await verify(renamed)).toEqual([])
})

test('a table keeps its data under a new name when the rename is told', async () => {
  const { revise } = await afterFirst()
  const renamed = {
    ...first,
    tables: { jottings: pgTable('jottings', { id: uuid().primaryKey(), body: text().notNull() }) },
  }
  const { up } = await revise(renamed, { renames: [{ from: ['notes'], to: ['jottings'] }] })
  expect(up).toContain('ALTER TABLE "notes" RENAME TO "jottings";')
  expect(up).not.toContain('DROP')
})

test('a removed table takes its rules along and gets them back', async () => {
  const { revise, verify } = await afterFirst()
  const gone = { tables: {}, programmables: [] }
  const { up, down } = await revise(gone)
  expect(up).toBe('DROP FUNCTION answer();\n\nDROP TABLE "notes";\n')
  expect(down).toContain('CREATE TABLE "notes"')
  expect(await verify(gone)).toEqual([])
})

test('a hand-written migration that does not do what the code says is found', async () => {
  const { dir, revise, verify } = await afterFirst()
  const { id } = await revise(first, { autogenerate: false })
  await writeFile(join(dir, id ?? '', 'up.sql'), 'CREATE INDEX forgotten ON notes (body);')
  const problems = await verify(first)
  expect(problems[0]).toContain('20260102000000_second_more does not say which releases run with it')
  expect(problems[1]).toContain('unexpected: index forgotten')
  expect(problems[2]).toContain('down.sql of 20260102000000_second_more does not undo its up.sql')
})

test('changes without a migration are told as the SQL that is missing', async () => {
  const { dir } = await afterFirst()
  const changed = { ...first, programmables: [answer(42)] }
  expect((await ungeneratedChanges(changed, dir))[0]).toContain('CREATE FUNCTION answer() RETURNS int')
})

test('two migrations that follow the same one are told', async () => {
  const { dir, revise } = await afterFirst()
  const { id } = await revise(first, { autogenerate: false })
  await cp(join(dir, id ?? ''), join(dir, '20260103000000_other'), { recursive: true })
  expect(await ungeneratedChanges(first, dir)).toEqual([
    '20260102000000_second_more and 20260103000000_other both follow 20260101000000_first: generate the later one anew',
  ])
})

test('a check constraint is added to a table that exists', async () => {
  const { revise, verify } = await afterFirst()
  const table = pgTable('notes', { id: uuid().primaryKey(), body: text().notNull() }, () => [
    check('notes_body_check', sql`body <> ''`),
  ])
  const changed = { ...first, tables: { notes: table } }
  await revise(changed)
  expect(await verify(changed)).toEqual([])
})
