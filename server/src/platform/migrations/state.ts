import type pg from 'pg'
import { migrationIds, migrationsDir } from './migration-files.ts'
import { demandBeyond, type ReleaseDemand } from './release.ts'

/**
 * `ok`: exactly this code's migrations are applied; `pending`: some are missing; `ahead`: newer code added some, and this
 * release still works with them; `too_old`: it does not.
 */
export type MigrationsState = 'ok' | 'pending' | 'ahead' | 'too_old'

/** A pool or a single connection. */
type Queryable = Pick<pg.ClientBase, 'query'> | Pick<pg.Pool, 'query'>

interface StateOptions {
  /** The release that asks. */
  appVersion: string
  /** The server's own migrations unless told. */
  dir?: string | undefined
}

/** Compares the database's migrations with this code's. One cheap query that the runtime login may make. */
export async function migrationsState(client: Queryable, { appVersion, dir }: StateOptions): Promise<MigrationsState> {
  const known = await migrationIds(dir ?? migrationsDir)
  const applied = await appliedMigrations(client)
  const ids = new Set(applied.map(({ id }) => id))
  if (demandBeyond(appVersion, applied)) return 'too_old'
  if (known.some((id) => !ids.has(id))) return 'pending'
  return ids.size > known.length ? 'ahead' : 'ok'
}

async function appliedMigrations(client: Queryable): Promise<ReleaseDemand[]> {
  try {
    // A ledger that an earlier release made has no such column, and its migrations shut nobody out.
    const { rows } = await client.query<ReleaseDemand>(
      `SELECT id, to_jsonb(m) ->> 'oldest_release' AS "oldestRelease" FROM public.schema_migrations m
        WHERE unfinished IS NULL`,
    )
    return rows
  } catch (error) {
    if ((error as { code?: unknown }).code === '42P01') return []
    throw error
  }
}
