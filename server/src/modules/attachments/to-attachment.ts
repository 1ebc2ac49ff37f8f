import type { Attachment, Message } from '@chatbot-platform/contract'
import type { Tx } from '../../platform/database/database.ts'
import type { Scope } from '../../platform/scope.ts'
import { findImagesOf, findKeysOfSession } from './attachments.repository.ts'
import type { AttachmentRow } from './attachments.table.ts'

/** A stored image in wire form. */
export function toAttachment(row: Omit<Attachment, 'created_at'> & Pick<AttachmentRow, 'createdAt'>): Attachment {
  const { id, kind, bytes, width, height, createdAt } = row
  return { id, kind, bytes, width, height, created_at: createdAt.toISOString() }
}

/** The messages with their images: one query for all of them, and none where there is no question. */
export async function withAttachments(tx: Tx, scope: Scope, messages: Message[]): Promise<Message[]> {
  const questions = messages.filter(({ role }) => role === 'user')
  if (questions.length === 0) return messages
  const found = await findImagesOf(
    tx,
    scope,
    questions.map(({ id }) => id),
  )
  if (found.length === 0) return messages
  const byMessage = Map.groupBy(found, ({ messageId }) => messageId)
  return messages.map((message) => {
    const own = byMessage.get(message.id)
    return own ? { ...message, attachments: own.map(toAttachment) } : message
  })
}

/** Where the bytes of a session's images are stored. */
export function imageKeysOf(tx: Tx, scope: Scope, sessionId: string): Promise<string[]> {
  return findKeysOfSession(tx, scope, sessionId)
}
