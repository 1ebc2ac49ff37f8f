import { type DrizzleKit, type Hint, loadDrizzleKit, type Question } from './drizzle-kit.ts'

/** Tables as drizzle-kit describes them: one entity per table, column, index, constraint. */
export type TableEntities = unknown[]

/** A table or column that has a new name, as paths: `['projects']` or `['projects', 'title']`. */
export interface Rename {
  from: readonly string[]
  to: readonly string[]
}

/** Describes the tables of the code. */
export async function describeTables(tables: Record<string, unknown>): Promise<TableEntities> {
  const kit = await loadDrizzleKit()
  return (await kit.generateDrizzleJson(tables)).ddl
}

/** The statements that lead from one set of tables to another, without semicolons. What is not in `renames` is new. */
export async function tableStatements(from: TableEntities, to: TableEntities, renames: Rename[]): Promise<string[]> {
  const kit = await loadDrizzleKit()
  const statements = await withAnswers(kit, from, to, renames)
  return statements.map((statement) =>
    statement
      .trim()
      .replace(/;+$/, '')
      .replaceAll('\t', '  ')
      .replace(/^CREATE (UNIQUE )?INDEX CONCURRENTLY (?!IF NOT)/, 'CREATE $1INDEX CONCURRENTLY IF NOT EXISTS '),
  )
}

/** drizzle-kit asks one kind of thing at a time, so answers are collected until it asks no more. */
async function withAnswers(kit: DrizzleKit, from: TableEntities, to: TableEntities, renames: Rename[]) {
  const hints: Hint[] = []
  for (;;) {
    try {
      return await kit.generateMigration(document(from), document(to), { hints })
    } catch (error) {
      const questions = (error as { missingHints?: Question[] }).missingHints
      if (!questions || questions.length === 0 || hints.length > 1000) throw error
      hints.push(...questions.map((question) => answer(question, renames)))
    }
  }
}

function answer({ type, kind, entity }: Question, renames: Rename[]): Hint {
  if (type === 'confirm_data_loss') return { type, kind, entity }
  // Entities are named with their schema first.
  const rename = renames.find(({ to }) => to.join('.') === entity.slice(1).join('.'))
  if (!rename) return { type: 'create', kind, entity }
  return { type: 'rename', kind, from: ['public', ...rename.from], to: entity }
}

/** The frame drizzle-kit wants around entities; we keep the chain of snapshots ourselves. */
function document(ddl: TableEntities): object {
  const id = '00000000-0000-4000-8000-000000000000'
  return { version: '9', dialect: 'postgres', id, prevIds: [], ddl }
}
