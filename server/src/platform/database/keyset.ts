import { type AnyColumn, type SQL, sql } from 'drizzle-orm'

/**
 * Rows after a cursor in an order of two descending columns: `(time, id) < (cursor)`, the row comparison that an index
 * on the same columns answers directly. Undefined without a cursor, which drizzle's `and` leaves out.
 */
export function olderThan(time: AnyColumn, id: AnyColumn, cursor: [string, string] | undefined): SQL | undefined {
  return cursor && sql`(${time}, ${id}) < (${cursor[0]}::timestamptz, ${cursor[1]}::uuid)`
}
