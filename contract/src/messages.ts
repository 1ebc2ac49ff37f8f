import { z } from 'zod'
import { Attachment } from './attachments.ts'
import { Id, Timestamp } from './common.ts'
import { ErrorCode } from './errors.ts'
import { Feedback } from './feedback.ts'
import { Citation } from './knowledge.ts'

/**
 * `pending` and `streaming` are under way; the others are final and never change. `failed`, `cancelled` and
 * `interrupted` keep the text that had arrived.
 */
export const MessageState = z.enum(['pending', 'streaming', 'complete', 'failed', 'cancelled', 'interrupted'])
export type MessageState = z.infer<typeof MessageState>

export const FinishReason = z.enum(['stop', 'length', 'content_filter', 'tool_calls', 'other'])
export type FinishReason = z.infer<typeof FinishReason>

/** A message of a session. The fields after `chat_session_id` describe how an answer came about. */
export const Message = z.object({
  id: Id,
  role: z.enum(['user', 'assistant']),
  content: z.string(),
  timestamp: Timestamp,
  chat_session_id: Id,
  /** Position in the session, from 1; the order of messages. */
  seq: z.int(),
  parent_id: Id.nullable(),
  /** Whether other messages stand beside it: see `/messages/{id}/siblings`. */
  forked: z.boolean(),
  state: MessageState,
  finish_reason: FinishReason.nullable(),
  error_code: ErrorCode.nullable(),
  provider: z.string().nullable(),
  model: z.string().nullable(),
  prompt_id: Id.nullable(),
  prompt_tokens: z.int().nullable(),
  completion_tokens: z.int().nullable(),
  /** US dollars by the vendor's list price or its own word; null where that is not known. */
  cost: z.number().nullable(),
  /** Why this provider served it: `first_choice`, or `fallback_after_` and the error code of the choice before. */
  served_because: z.string().nullable(),
  /** Milliseconds from the acceptance of the turn to the answer's first token; null where none came. */
  first_token_ms: z.int().nullable(),
  /** The caller's rating; absent where there is none. */
  feedback: Feedback.optional(),
  /** What the `[number]`s of an answer point to; absent where it cites nothing. */
  citations: z.array(Citation).optional(),
  /** The images that a question was sent with; absent where it has none. */
  attachments: z.array(Attachment).optional(),
})
export type Message = z.infer<typeof Message>
