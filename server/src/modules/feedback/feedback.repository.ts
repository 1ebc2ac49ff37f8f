import type { Feedback } from '@chatbot-platform/contract'
import { and, eq, sql } from 'drizzle-orm'
import type { Tx } from '../../platform/database/database.ts'
import type { Scope } from '../../platform/scope.ts'
import { messages } from '../sessions/sessions.table.ts'
import { messageFeedback } from './message-feedback.table.ts'

/** True for an answer of this workspace; false for a question, and for what is not there. */
export async function answerExists(tx: Tx, scope: Scope, id: string): Promise<boolean> {
  const rows = await tx
    .select({ id: messages.id })
    .from(messages)
    .where(and(eq(messages.workspaceId, scope.workspaceId), eq(messages.id, id), eq(messages.role, 'assistant')))
  return rows.length > 0
}

export async function upsertFeedback(tx: Tx, scope: Scope, messageId: string, feedback: Feedback): Promise<void> {
  await tx
    .insert(messageFeedback)
    .values({ workspaceId: scope.workspaceId, messageId, userId: scope.userId, ...feedback })
    .onConflictDoUpdate({
      target: [messageFeedback.workspaceId, messageFeedback.messageId, messageFeedback.userId],
      set: { ...feedback, updatedAt: sql`now()` },
    })
}

export async function deleteFeedback(tx: Tx, scope: Scope, messageId: string): Promise<void> {
  await tx
    .delete(messageFeedback)
    .where(
      and(
        eq(messageFeedback.workspaceId, scope.workspaceId),
        eq(messageFeedback.messageId, messageId),
        eq(messageFeedback.userId, scope.userId),
      ),
    )
}
