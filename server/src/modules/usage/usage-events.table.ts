import type { MessageState } from '@chatbot-platform/contract'
import { sql } from 'drizzle-orm'
import {
  boolean,
  date,
  foreignKey,
  index,
  integer,
  numeric,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core'
import { type Programmable, systemRole, tableRules } from '../../platform/database/programmable.ts'
import { workspaces } from '../users/workspaces.table.ts'

/**
 * The ledger: one row for each run that has ended, however it ended, and for each use of an embedding model. Rows are only added (the runtime role has neither
 * UPDATE nor DELETE on them) and refer to nothing but their workspace, so they outlive their session, project and user.
 * Columns of fixed width come first: PostgreSQL then sums a fifth faster.
 */
export const usageEvents = pgTable(
  'usage_events',
  {
    workspaceId: uuid('workspace_id').notNull(),
    /** The id of the answer that the run wrote, so that a run is counted once; of an embedding one of its own. */
    id: uuid().notNull(),
    createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    /** The day of `created_at` in UTC, whatever the time zone of the database session. */
    day: date({ mode: 'string' }).notNull().generatedAlwaysAs(sql`(created_at AT TIME ZONE 'UTC')::date`),
    projectId: uuid('project_id').notNull(),
    /** NULL where the model was not asked for a turn. */
    sessionId: uuid('session_id'),
    /** Whether the token counts are an estimate of ours rather than the vendor's word. */
    estimated: boolean().notNull().default(false),
    /** NULL where the vendor did not say and nobody estimated. */
    promptTokens: integer('prompt_tokens'),
    completionTokens: integer('completion_tokens'),
    /** Part of the prompt's tokens that came from the vendor's cache. */
    cachedPromptTokens: integer('cached_prompt_tokens'),
    /** US dollars; NULL where the price is not known. Decimal, so that sums are exact. */
    cost: numeric({ precision: 20, scale: 10, mode: 'number' }),
    userId: uuid('user_id'),
    /** What the model was asked for: an answer, or vectors of texts. */
    kind: text({ enum: ['turn', 'embedding'] })
      .notNull()
      .default('turn'),
    /** The name the project had then. */
    projectName: text('project_name').notNull(),
    /** Who served the run; NULL where it ended before anybody was asked. */
    provider: text(),
    model: text(),
    state: text({ enum: ['complete', 'failed', 'cancelled', 'interrupted'] })
      .$type<Exclude<MessageState, 'pending' | 'streaming'>>()
      .notNull(),
    /** Where the cost comes from: the date of the price table, or `reported` by the vendor; NULL without a cost. */
    priceVersion: text('price_version'),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    foreignKey({
      name: 'usage_events_workspace_fkey',
      columns: [t.workspaceId],
      foreignColumns: [workspaces.id],
    }).onDelete('cascade'),
    index('usage_events_day_idx').on(t.workspaceId, t.day),
  ],
)

export type UsageEventRow = typeof usageEvents.$inferSelect

export const usageRules: Programmable[] = [
  ...tableRules('usage_events', { grant: 'SELECT, INSERT' }),
  // The function that ends the runs of processes that are gone books them; the budget of the instance sums them.
  {
    name: 'policy usage_events.system',
    up: `CREATE POLICY system ON usage_events FOR INSERT TO ${systemRole} WITH CHECK (true);`,
    down: `DROP POLICY system ON usage_events;`,
  },
  {
    name: 'policy usage_events.system_read',
    up: `CREATE POLICY system_read ON usage_events FOR SELECT TO ${systemRole} USING (true);`,
    down: `DROP POLICY system_read ON usage_events;`,
  },
  {
    name: 'grant usage_events system',
    up: `GRANT SELECT, INSERT ON usage_events TO ${systemRole};`,
    down: `REVOKE ALL ON usage_events FROM ${systemRole};`,
  },
]
