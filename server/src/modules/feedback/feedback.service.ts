import type { Feedback, FeedbackInput } from '@chatbot-platform/contract'
import type { Database, Tx } from '../../platform/database/database.ts'
import { notFound } from '../../platform/errors.ts'
import type { IdempotencyClaim, Scope } from '../../platform/scope.ts'
import type { Once } from '../idempotency/idempotency.service.ts'
import { answerExists, deleteFeedback, upsertFeedback } from './feedback.repository.ts'

interface Deps {
  db: Database
  once: Once
}

export type FeedbackService = ReturnType<typeof createFeedbackService>

/** Ratings of answers, one of each person. Questions cannot be rated: they answer like unknown ids, with 404. */
export function createFeedbackService({ db, once }: Deps) {
  return {
    /** Rates, or rates anew; the reason goes with the rating, so one that is absent clears the old one. */
    set(scope: Scope, messageId: string, input: FeedbackInput, claim: IdempotencyClaim | null): Promise<Feedback> {
      return once(scope, claim, async (tx) => {
        await requireAnswer(tx, scope, messageId)
        const feedback = { rating: input.rating, reason: input.reason ?? null }
        await upsertFeedback(tx, scope, messageId, feedback)
        return feedback
      })
    },

    /** Takes the caller's rating back; where there is none, that is fine too. */
    remove(scope: Scope, messageId: string): Promise<void> {
      return db.tenant(scope, async (tx) => {
        await requireAnswer(tx, scope, messageId)
        await deleteFeedback(tx, scope, messageId)
      })
    },
  }
}

async function requireAnswer(tx: Tx, scope: Scope, messageId: string): Promise<void> {
  if (!(await answerExists(tx, scope, messageId))) throw notFound('answer')
}
