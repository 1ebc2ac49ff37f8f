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
}

/** Makes the table of applied migrations. The runtime role may read it, for the readiness check. */
export async function ensureLedger(client: pg.ClientBase): Promise<void> {
  if (await ledgerExists(client)) return
  await client.query(`BEGIN;
    CREATE TABLE public.schema_migrations (
      id text PRIMARY KEY,
      checksum text NOT NULL,
      app_version text NOT NULL,
      applied_at timestamptz(3) NOT NULL DEFAULT now(),
      unfinished text CHECK (unfinished IN ('up', 'down')),
      next_step int NOT NULL DEFAULT 0
    );
    GRANT SELECT ON public.schema_migrations TO ${runtimeRole};
    COMMIT`)
}

/** All entries, oldest first; none where there is no table yet. */
export async function readLedger(client: pg.ClientBase): Promise<LedgerEntry[]> {
  if (!(await ledgerExists(client))) return []
  const { rows } = await client.query<LedgerEntry>(
    `SELECT id, checksum, app_version AS "appVersion", applied_at AS "appliedAt", unfinished, next_step AS "nextStep"
       FROM public.schema_migrations ORDER BY id COLLATE "C"`,
  )
  return rows
}

/** Removes the table once no migration is applied any more, so that `downgrade base` leaves nothing behind. */
export async function dropEmptyLedger(client: pg.ClientBase): Promise<void> {
  if ((await readLedger(client)).length === 0) await client.query('DROP TABLE IF EXISTS public.schema_migrations')
}

async function ledgerExists(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>(
    `SELECT to_regclass('public.schema_migrations') IS NOT NULL AS found`,
  )
  return rows[0]?.found === true
}
