import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Programmable } from '../database/programmable.ts'
import { migrationIds } from './migration-files.ts'
import type { TableEntities } from './table-sql.ts'

/** What the code's database looked like when a migration was made; lies beside it as snapshot.json. */
export interface Snapshot {
  /** The migration before, null for the first. */
  previous: string | null
  tables: TableEntities
  programmables: Programmable[]
}

const nothing: Snapshot = { previous: null, tables: [], programmables: [] }

/** The newest migration's snapshot, and that migration's id; an empty snapshot where there is no migration yet. */
export async function lastSnapshot(dir: string): Promise<{ id: string | null; snapshot: Snapshot }> {
  const id = (await migrationIds(dir)).at(-1)
  return id === undefined ? { id: null, snapshot: nothing } : { id, snapshot: await readSnapshot(dir, id) }
}

/** Migrations that follow the same one, as when two branches each added theirs; one sentence each. */
export async function forks(dir: string): Promise<string[]> {
  const followers = Map.groupBy(
    await Promise.all((await migrationIds(dir)).map(async (id) => ({ id, ...(await readSnapshot(dir, id)) }))),
    ({ previous }) => previous,
  )
  return [...followers]
    .filter(([, found]) => found.length > 1)
    .map(([previous, found]) => {
      const ids = found.map(({ id }) => id).join(' and ')
      return `${ids} both follow ${previous ?? 'the empty database'}: generate the later one anew`
    })
}

async function readSnapshot(dir: string, id: string): Promise<Snapshot> {
  return JSON.parse(await readFile(join(dir, id, 'snapshot.json'), 'utf8')) as Snapshot
}
