import { bigint, integer, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { type Programmable, systemAccess, systemFunction, tableRules } from '../database/programmable.ts'

/**
 * What the processes have counted together: one row for each key that is under a limit at the moment. Rows live as long
 * as a window and may be lost in a crash, so they are never written to the log.
 */
export const limitCounts = pgTable('limit_counts', {
  /** A digest: the table says nothing about people. */
  key: text().primaryKey(),
  count: bigint({ mode: 'number' }).notNull(),
  /** When the window ends and the key begins anew. */
  endsAt: timestamp('ends_at', { withTimezone: true, precision: 3 }).notNull(),
})

/** How many streams each process has open for a key. */
export const streamCounts = pgTable(
  'stream_counts',
  {
    key: text().notNull(),
    process: uuid().notNull(),
    count: integer().notNull(),
    /** A process that is silent for longer than 15 seconds is gone, and its streams with it. */
    seenAt: timestamp('seen_at', { withTimezone: true, precision: 3 }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.key, t.process] })],
)

export const limitRules: Programmable[] = [
  ...tableRules('limit_counts', { visible: 'false', grant: 'SELECT' }),
  ...systemAccess('limit_counts', 'SELECT, INSERT, UPDATE, DELETE'),
  unlogged('limit_counts'),
  ...tableRules('stream_counts', { visible: 'false', grant: 'SELECT' }),
  ...systemAccess('stream_counts', 'SELECT, INSERT, UPDATE, DELETE'),
  unlogged('stream_counts'),
  systemFunction(
    'exchange_limits(uuid, text[], int[], int[], text[], int[])',
    `exchange_limits(
  p_process uuid, p_keys text[], p_counts int[], p_remaining_ms int[], p_stream_keys text[], p_stream_counts int[]
) RETURNS TABLE (kind text, name text, total bigint, remaining_ms int) LANGUAGE plpgsql AS $$
DECLARE
  v_now timestamptz := clock_timestamp();
BEGIN
  -- In the order of their keys, so that processes never wait for each other in a circle.
  RETURN QUERY
    INSERT INTO limit_counts AS c (key, count, ends_at)
      SELECT k.key, k.count, v_now + k.ms * interval '1 millisecond'
        FROM unnest(p_keys, p_counts, p_remaining_ms) AS k(key, count, ms) ORDER BY k.key
      ON CONFLICT (key) DO UPDATE SET
        count = excluded.count + CASE WHEN c.ends_at > v_now THEN c.count ELSE 0 END,
        ends_at = CASE WHEN c.ends_at > v_now THEN c.ends_at ELSE excluded.ends_at END
      RETURNING 'count', c.key, c.count, ceil(extract(epoch FROM c.ends_at - v_now) * 1000)::int;
  IF cardinality(p_stream_keys) = 0 THEN RETURN; END IF;
  INSERT INTO stream_counts AS s (key, process, count, seen_at)
    SELECT k.key, p_process, k.count, v_now
      FROM unnest(p_stream_keys, p_stream_counts) AS k(key, count) ORDER BY k.key
    ON CONFLICT (key, process) DO UPDATE SET count = excluded.count, seen_at = excluded.seen_at;
  RETURN QUERY
    SELECT 'streams', k.key, coalesce(sum(s.count), 0)::bigint, 0 FROM unnest(p_stream_keys) AS k(key)
      LEFT JOIN stream_counts s ON s.key = k.key AND s.process <> p_process AND s.seen_at > v_now - interval '15 seconds'
      GROUP BY k.key;
END $$`,
  ),
  systemFunction(
    'forget_limits()',
    `forget_limits() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM limit_counts WHERE ends_at < now() - interval '10 seconds';
  DELETE FROM stream_counts WHERE seen_at < now() - interval '1 minute' OR count = 0 AND seen_at < now() - interval '15 seconds';
END $$`,
  ),
]

/** Half of each page stays free, so that a row that counts on is rewritten in its place. */
function unlogged(table: string): Programmable {
  return {
    name: `storage ${table}`,
    up: `ALTER TABLE ${table} SET UNLOGGED;\nALTER TABLE ${table} SET (fillfactor = 50);`,
    down: `ALTER TABLE ${table} RESET (fillfactor);\nALTER TABLE ${table} SET LOGGED;`,
  }
}
