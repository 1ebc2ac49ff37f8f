import type { Message } from '@chatbot-platform/contract'
import { toAttachment } from '../attachments/to-attachment.ts'
import type { BegunTurn } from './turn-start.ts'

/** The question of a turn that has begun, as it is stored. */
export function questionOf(begun: BegunTurn, content: string): Message {
  return {
    id: begun.user_message_id,
    role: 'user',
    content,
    timestamp: new Date(begun.created_at).toISOString(),
    chat_session_id: begun.session_id,
    seq: begun.seq,
    parent_id: begun.parent_id,
    forked: begun.forked,
    state: 'complete',
    ...unanswered,
    prompt_id: null,
    ...uncounted,
    ...imagesOf(begun),
  }
}

function imagesOf({ images }: BegunTurn): Pick<Message, 'attachments'> {
  const own = images?.filter(({ depth }) => depth === 0) ?? []
  if (own.length === 0) return {}
  return { attachments: own.map((image) => toAttachment({ ...image, createdAt: new Date(image.created_at) })) }
}

/** The pending answer of a turn that has begun, as it is stored. */
export function answerOf(begun: BegunTurn, id: string, followsNewQuestion: boolean, prefix: string): Message {
  return {
    id,
    role: 'assistant',
    content: prefix,
    timestamp: new Date(begun.created_at).toISOString(),
    chat_session_id: begun.session_id,
    seq: followsNewQuestion ? begun.seq + 1 : begun.seq,
    parent_id: begun.user_message_id,
    forked: !followsNewQuestion,
    state: 'pending',
    ...unanswered,
    prompt_id: begun.prompt_id,
    ...uncounted,
  }
}

const unanswered = { finish_reason: null, error_code: null, provider: null, model: null }
const uncounted = {
  prompt_tokens: null,
  completion_tokens: null,
  cost: null,
  served_because: null,
  first_token_ms: null,
}
