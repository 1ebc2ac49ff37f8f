import type { Message } from '@chatbot-platform/contract'
import type { MessageRow } from './sessions.table.ts'

/** A stored message in wire form. */
export function toMessage(row: MessageRow): Message {
  return {
    id: row.id,
    role: row.role,
    content: row.content,
    timestamp: row.createdAt.toISOString(),
    chat_session_id: row.sessionId,
    seq: row.seq,
    parent_id: row.parentId,
    forked: row.forked,
    state: row.state,
    finish_reason: row.finishReason,
    error_code: row.errorCode,
    provider: row.provider,
    model: row.model,
    prompt_id: row.promptId,
    prompt_tokens: row.promptTokens,
    completion_tokens: row.completionTokens,
    cost: row.cost,
    served_because: row.servedBecause,
    first_token_ms: row.firstTokenMs,
  }
}
