import { recordUsage, type UsageEvent } from '../../src/modules/usage/usage.repository.ts'
import { withSession } from '../../src/platform/database/session.ts'
import { newId } from '../../src/platform/ids.ts'
import { mintScope, type Scope } from '../../src/platform/scope.ts'
import type { TestApp, TestUser } from '../support/app.ts'
import type { TestDatabase } from '../support/databases.ts'

/** Adds a finished turn to the ledger of this user's workspace: 10 and 5 tokens at 0.001 dollars unless told otherwise. */
export async function recordTurn(app: TestApp, user: TestUser, fields: Partial<UsageEvent> = {}): Promise<UsageEvent> {
  const scope = scopeOf(user)
  const event: UsageEvent = {
    id: newId(),
    userId: scope.userId,
    projectId: newId(),
    projectName: 'Support',
    sessionId: newId(),
    provider: 'openai',
    model: 'gpt-6-luna',
    state: 'complete',
    promptTokens: 10,
    completionTokens: 5,
    cachedPromptTokens: null,
    estimated: false,
    cost: 0.001,
    priceVersion: '2026-11-23',
    ...fields,
  }
  await app.server.deps.db.tenant(scope, (tx) => recordUsage(tx, scope, event))
  return event
}

/** What the ledger has of a run; one row, if all is well. */
export async function bookedRuns(database: TestDatabase, answerId: string) {
  const { rows } = await withSession(database.superuserUrl, (client) =>
    client.query(
      `SELECT state, provider, model, prompt_tokens, completion_tokens, estimated, cost, user_id, project_id, project_name,
              session_id
         FROM usage_events WHERE id = $1`,
      [answerId],
    ),
  )
  return rows
}

/** The scope that a signed-in user's requests have. */
export function scopeOf(user: TestUser): Scope {
  const claims = JSON.parse(Buffer.from(user.token.split('.')[1] ?? '', 'base64url').toString())
  return mintScope({ userId: claims.sub, workspaceId: claims.wid, familyId: claims.sid })
}
