import type { Database } from '../database/database.ts'
import { newId } from '../ids.ts'
import type { LimitStore } from './limit-store.ts'

interface Row {
  kind: 'count' | 'streams'
  name: string
  /** A bigint, which the driver gives as text. */
  total: string
  remaining_ms: number
}

/** Counts in two unlogged tables; an exchange is one statement. */
export function createPostgresLimitStore(db: Pick<Database, 'call'>): LimitStore {
  const processId = newId()
  return {
    async exchange({ counts, streams }) {
      const rows = await db.call<Row>(
        'exchange_limits',
        'SELECT kind, name, total, remaining_ms FROM exchange_limits($1, $2, $3, $4, $5, $6)',
        [
          processId,
          counts.map(({ key }) => key),
          counts.map(({ add }) => add),
          counts.map(({ remainingMs }) => Math.ceil(remainingMs)),
          streams.map(({ key }) => key),
          streams.map(({ open }) => open),
        ],
      )
      return {
        counts: rows
          .filter(({ kind }) => kind === 'count')
          .map((row) => ({ key: row.name, total: Number(row.total), remainingMs: row.remaining_ms })),
        streams: rows
          .filter(({ kind }) => kind === 'streams')
          .map((row) => ({ key: row.name, elsewhere: Number(row.total) })),
      }
    },
    async forget() {
      await db.call('forget_limits', 'SELECT forget_limits()', [])
    },
  }
}
