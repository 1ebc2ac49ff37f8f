import { index, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { currentUser, invokerFunction, type Programmable, tableRules } from '../../platform/database/programmable.ts'
import { users } from '../users/users.table.ts'

/** A sign-in on one device: the family its rotating refresh tokens belong to. Revoking it ends its access tokens too. */
export const tokenFamilies = pgTable(
  'token_families',
  {
    id: uuid().primaryKey(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    revokedAt: timestamp('revoked_at', { withTimezone: true, precision: 3 }),
    createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
  },
  (t) => [index('token_families_user_id_idx').on(t.userId)],
)

/** One refresh token, kept as a SHA-256 only. A used one stays until it expires, so that its reuse is noticed. */
export const refreshTokens = pgTable(
  'refresh_tokens',
  {
    /** SHA-256 of the token, hex. */
    tokenHash: text('token_hash').primaryKey(),
    familyId: uuid('family_id')
      .notNull()
      .references(() => tokenFamilies.id, { onDelete: 'cascade' }),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    usedAt: timestamp('used_at', { withTimezone: true, precision: 3 }),
    expiresAt: timestamp('expires_at', { withTimezone: true, precision: 3 }).notNull(),
    createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
  },
  (t) => [index('refresh_tokens_family_id_idx').on(t.familyId), index('refresh_tokens_user_id_idx').on(t.userId)],
)

export const refreshTokenRules: Programmable[] = [
  ...tableRules('token_families', { visible: `user_id = ${currentUser}` }),
  ...tableRules('refresh_tokens', {
    visible: `user_id = ${currentUser} OR token_hash = (SELECT nullif(current_setting('app.token_hash', true), ''))`,
    writable: `user_id = ${currentUser}`,
  }),
  // What every process asks about the sign-ins it serves; one statement, so it sets its user itself.
  invokerFunction(
    'sign_in_is_live(uuid, uuid, uuid)',
    `sign_in_is_live(p_user uuid, p_workspace uuid, p_family uuid) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('app.user_id', p_user::text, true);
  RETURN EXISTS (
    SELECT FROM token_families f
      JOIN users u ON u.id = f.user_id
      JOIN memberships m ON m.user_id = f.user_id AND m.workspace_id = p_workspace
      WHERE f.id = p_family AND f.user_id = p_user AND f.revoked_at IS NULL AND NOT u.disabled
  );
END $$`,
  ),
]
