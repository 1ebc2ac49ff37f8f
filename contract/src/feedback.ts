import { z } from 'zod'
import { Id, text } from './common.ts'
import { endpoint } from './endpoint.ts'

/** What the caller thinks of an answer. */
export const Feedback = z.object({ rating: z.enum(['up', 'down']), reason: z.string().nullable() })
export type Feedback = z.infer<typeof Feedback>

export const FeedbackInput = z.object({
  rating: Feedback.shape.rating,
  /** Absent or `null`: none given. */
  reason: text(1, 2000).nullish(),
})
export type FeedbackInput = z.infer<typeof FeedbackInput>

const AnswerParams = z.object({ message_id: Id })

export const feedback = {
  set: endpoint({
    method: 'POST',
    path: '/messages/{message_id}/feedback',
    access: 'user',
    status: 200,
    tag: 'Feedback',
    summary: 'Rate an answer; a second rating replaces the first',
    params: AnswerParams,
    body: FeedbackInput,
    response: Feedback,
  }),
  remove: endpoint({
    method: 'DELETE',
    path: '/messages/{message_id}/feedback',
    access: 'user',
    status: 204,
    tag: 'Feedback',
    summary: 'Take the rating of an answer back',
    params: AnswerParams,
  }),
} as const
