import { boolean, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { currentUser, type Programmable, tableRules } from '../../platform/database/programmable.ts'

/** People. Not a tenant's table: a row is visible only to its user, and to a sign-in that names its exact address. */
export const users = pgTable('users', {
  id: uuid().primaryKey(),
  /** Trimmed and lower-cased, so that uniqueness ignores case. */
  email: text().notNull().unique(),
  passwordHash: text('password_hash').notNull(),
  disabled: boolean().notNull().default(false),
  createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
})

export type UserRow = typeof users.$inferSelect

export const userRules: Programmable[] = tableRules('users', {
  visible: `id = ${currentUser} OR email = (SELECT nullif(current_setting('app.email', true), ''))`,
  writable: `id = ${currentUser}`,
})
