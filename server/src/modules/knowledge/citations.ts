import type { Citation, FoundPassage, Message } from '@chatbot-platform/contract'
import type { Tx } from '../../platform/database/database.ts'
import type { Scope } from '../../platform/scope.ts'
import { type ReadCitation, readCitations } from './citations.repository.ts'
import { citedNumbers } from './cited-numbers.ts'

/**
 * The messages with what they cite, read from the documents as they are now: one query for all of them, and none where
 * nothing is cited.
 */
export async function withCitations(tx: Tx, scope: Scope, messages: Message[]): Promise<Message[]> {
  const citing = messages.filter(({ role, content }) => role === 'assistant' && citedNumbers(content).size > 0)
  if (citing.length === 0) return messages
  const found = await readCitations(
    tx,
    scope,
    citing.map(({ id }) => id),
  )
  if (found.length === 0) return messages
  const byMessage = Map.groupBy(found, ({ citation }) => citation.messageId)
  return messages.map((message) => cited(message, (byMessage.get(message.id) ?? []).map(toCitation)))
}

/** A message with those of the passages it was given that its text cites. */
export function cited(message: Message, given: readonly Citation[]): Message {
  const { citations: _, ...bare } = message
  if (given.length === 0) return bare
  const numbers = citedNumbers(message.content)
  const citations = given.filter(({ number }) => numbers.has(number))
  return citations.length === 0 ? bare : { ...bare, citations }
}

/** A stored citation in wire form. Of a document that is gone, or has changed, it says no more than that. */
export function toCitation({ citation, file, passage }: ReadCitation): Citation {
  const { number, ordinal, start, end } = citation
  const place = { number, ordinal, start, end }
  if (file === null) return { ...place, ...nothing, state: 'deleted' }
  const document = { file_id: citation.fileId, file_name: file.name, url: file.url }
  const isSame = passage !== null && file.version === citation.fileVersion
  if (!isSame) return { ...place, ...nothing, ...document, state: 'changed' }
  return { ...place, ...document, page: citation.page, heading: passage.heading, state: 'available' }
}

/** A passage that was just found, in wire form. */
export function asCitation(passage: FoundPassage, number: number): Citation {
  const { file_id, file_name, url, page, heading, ordinal, start, end } = passage
  return { number, state: 'available', file_id, file_name, url, page, heading, ordinal, start, end }
}

const nothing = { file_id: null, file_name: null, url: null, page: null, heading: null }
