import type pg from 'pg'
import { runtimeRole } from '../database/programmable.ts'

/** What the database remembers of a migration. */
export interface LedgerEntry {
  id: string
  checksum: string
  appVersion: string
  appliedAt: Date
  /** Which way an unfinished migration was going; null when it is applied in full. */
  unfinished: 'up' | 'down' | null
  /** The step an unfinished migration goes on with. */
  nextStep: number
  /** The oldest release that works with it; null where it shuts none out. */
  oldestRelease: string | null
}

/** Makes the table of applied migrations. The runtime role may read it, for the readiness check. */
export async function ensureLedger(client: pg.ClientBase): Promise<void> {
  if (await ledgerExists(client)) return ensureReleaseColumn(client)
  await client.query(`BEGIN;
    CREATE TABLE public.schema_migrations (
      id text PRIMARY KEY,
      checksum text NOT NULL,
      app_version text NOT NULL,
      applied_at timestamptz(3) NOT NULL DEFAULT now(),
      unfinished text CHECK (unfinished IN ('up', 'down')),
      next_step int NOT NULL DEFAULT 0,
      oldest_release text
    );
    GRANT SELECT ON public.schema_migrations TO ${runtimeRole};
    COMMIT`)
}

/** All entries, oldest first; none where there is no table yet. */
export async function readLedger(client: pg.ClientBase): Promise<LedgerEntry[]> {
  if (!(await ledgerExists(client))) return []
  const { rows } = await client.query<LedgerEntry>(
    `SELECT id, checksum, app_version AS "appVersion", applied_at AS "appliedAt", unfinished, next_step AS "nextStep",
            to_jsonb(m) ->> 'oldest_release' AS "oldestRelease"
       FROM public.schema_migrations m ORDER BY id COLLATE "C"`,
  )
  return rows
}

/** Removes the table once no migration is applied any more, so that `downgrade base` leaves nothing behind. */
export async function dropEmptyLedger(client: pg.ClientBase): Promise<void> {
  if ((await readLedger(client)).length === 0) await client.query('DROP TABLE IF EXISTS public.schema_migrations')
}

/** Notes what the files say today of applied migrations: the line is not part of a migration's checksum. */
export async function refreshReleases(
  client: pg.ClientBase,
  migrations: readonly { id: string; oldestRelease: string | null }[],
): Promise<void> {
  await client.query(
    `UPDATE public.schema_migrations m SET oldest_release = f.oldest_release
       FROM unnest($1::text[], $2::text[]) AS f(id, oldest_release)
      WHERE f.id = m.id AND m.oldest_release IS DISTINCT FROM f.oldest_release`,
    [migrations.map(({ id }) => id), migrations.map(({ oldestRelease }) => oldestRelease)],
  )
}

/** Ledgers made before releases were recorded; looked at first, so that an ordinary start changes nothing. */
async function ensureReleaseColumn(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query(
    `SELECT 1 FROM pg_attribute WHERE attrelid = 'public.schema_migrations'::regclass AND attname = 'oldest_release'
        AND NOT attisdropped`,
  )
  if (rows.length === 0) await client.query('ALTER TABLE public.schema_migrations ADD COLUMN oldest_release text')
}

async function ledgerExists(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>(
    `SELECT to_regclass('public.schema_migrations') IS NOT NULL AS found`,
  )
  return rows[0]?.found === true
}
