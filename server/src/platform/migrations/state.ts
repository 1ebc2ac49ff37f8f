import type pg from 'pg'
import { migrationIds, migrationsDir } from './migration-files.ts'

/** `ok`: exactly this code's migrations are applied; `pending`: some are missing; `ahead`: newer code added some. */
export type MigrationsState = 'ok' | 'pending' | 'ahead'

/** A pool or a single connection. */
type Queryable = Pick<pg.ClientBase, 'query'> | Pick<pg.Pool, 'query'>

/** Compares the database's migrations with this code's. One cheap query that the runtime login may make. */
export async function migrationsState(client: Queryable, dir = migrationsDir): Promise<MigrationsState> {
  const known = await migrationIds(dir)
  const applied = await appliedIds(client)
  if (known.some((id) => !applied.has(id))) return 'pending'
  return applied.size > known.length ? 'ahead' : 'ok'
}

async function appliedIds(client: Queryable): Promise<Set<string>> {
  try {
    const { rows } = await client.query<{ id: string }>(
      'SELECT id FROM public.schema_migrations WHERE unfinished IS NULL',
    )
    return new Set(rows.map((row) => row.id))
  } catch (error) {
    if ((error as { code?: unknown }).code === '42P01') return new Set()
    throw error
  }
}
