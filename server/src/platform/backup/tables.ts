import pg from 'pg'

const { escapeIdentifier } = pg

/** A table that backups hold, with the columns that can be written. */
export interface BackupTable {
  name: string
  columns: string[]
}

/** Where the numbers of an identity column have come to; null when none was taken yet. */
export interface SequencePosition {
  table: string
  column: string
  last: string | null
}

/**
 * The tables of schema public that backups hold, by name: all but the ledger of migrations, which a restore makes anew,
 * and unlogged tables, whose rows PostgreSQL itself gives up after a crash. A partitioned table is one table.
 */
export async function backupTables(client: pg.ClientBase): Promise<BackupTable[]> {
  const { rows } = await client.query<BackupTable>(
    `SELECT c.relname::text AS name,
            array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.attgenerated = '') AS columns
       FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relpersistence = 'p'
        AND NOT c.relispartition AND c.relname <> 'schema_migrations'
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
      GROUP BY c.oid, c.relname ORDER BY c.relname COLLATE "C"`,
  )
  return rows
}

/** Where the identity columns of schema public have come to. */
export async function sequencePositions(client: pg.ClientBase): Promise<SequencePosition[]> {
  const { rows } = await client.query<SequencePosition>(
    `SELECT t.relname::text AS "table", a.attname::text AS "column", pg_sequence_last_value(s.oid)::text AS last
       FROM pg_class s JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.oid AND d.deptype IN ('a', 'i')
       JOIN pg_class t ON t.oid = d.refobjid AND t.relnamespace = 'public'::regnamespace AND t.relpersistence = 'p'
       JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
      WHERE s.relkind = 'S' ORDER BY 1, 2`,
  )
  return rows
}

/** The names of those tables that have any row the session can see. */
export async function tablesWithRows(client: pg.ClientBase, tables: readonly BackupTable[]): Promise<string[]> {
  if (tables.length === 0) return []
  const { rows } = await client.query<{ name: string; found: boolean }>(
    tables
      .map(({ name }) => `SELECT ${pg.escapeLiteral(name)} AS name, EXISTS (SELECT FROM ${quoted(name)}) AS found`)
      .join(' UNION ALL '),
  )
  return rows.filter(({ found }) => found).map(({ name }) => name)
}

/** All rows of a table in COPY's text format. */
export function copyOutSql({ name, columns }: BackupTable): string {
  return `COPY (SELECT ${columns.map(escapeIdentifier).join(', ')} FROM ${quoted(name)}) TO STDOUT`
}

export function copyInSql({ name, columns }: BackupTable): string {
  return `COPY ${quoted(name)} (${columns.map(escapeIdentifier).join(', ')}) FROM STDIN`
}

/** A table's name for a statement. */
export function quoted(table: string): string {
  return `public.${escapeIdentifier(table)}`
}

/**
 * Settles in what form values are written and read, whatever the server's defaults, and takes time limits off: a table
 * may take as long as it takes. For the whole session.
 */
export async function useBackupSettings(client: pg.ClientBase): Promise<void> {
  await client.query(
    `SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres'; SET timezone = 'UTC'; SET extra_float_digits = 1;
     SET bytea_output = 'hex'; SET client_encoding = 'UTF8'; SET lc_monetary = 'C'; SET statement_timeout = 0;
     SET idle_in_transaction_session_timeout = 0; SET jit = off`,
  )
}
