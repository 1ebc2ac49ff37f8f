import type { Message } from '@chatbot-platform/contract'
import type { Database, Tx } from '../../platform/database/database.ts'
import { notFound } from '../../platform/errors.ts'
import type { IdempotencyClaim, Scope } from '../../platform/scope.ts'
import { withAttachments } from '../attachments/to-attachment.ts'
import type { Once } from '../idempotency/idempotency.service.ts'
import { withCitations } from '../knowledge/citations.ts'
import { toMessage } from '../sessions/to-message.ts'
import { findMessage, findNewestBelow, findSiblings, lockSession, setHead } from './message-tree.repository.ts'

interface Deps {
  db: Database
  once: Once
}

export type MessageTreeService = ReturnType<typeof createMessageTreeService>

/** The messages of a session form a tree; the session remembers which path through it is shown and goes on. */
export function createMessageTreeService({ db, once }: Deps) {
  return {
    siblings(scope: Scope, id: string): Promise<Message[]> {
      return db.tenant(scope, async (tx) => {
        const siblings = await findSiblings(tx, scope, await requireMessage(tx, scope, id))
        return complete(tx, scope, siblings.map(toMessage))
      })
    },

    /** Makes the newest path through a message the session's. */
    async select(scope: Scope, id: string, claim: IdempotencyClaim | null): Promise<Message> {
      const selected = await once(scope, claim, async (tx) => {
        const message = await requireMessage(tx, scope, id)
        await lockSession(tx, scope, message.sessionId)
        await setHead(tx, scope, message.sessionId, await findNewestBelow(tx, scope, message))
        return toMessage(message)
      })
      // Read apart: what is kept for a repeated request must not outlive a document.
      const [message = selected] = await db.tenant(scope, (tx) => complete(tx, scope, [selected]))
      return message
    },
  }
}

/** With what they cite, and their images. */
async function complete(tx: Tx, scope: Scope, messages: Message[]): Promise<Message[]> {
  return withAttachments(tx, scope, await withCitations(tx, scope, messages))
}

async function requireMessage(tx: Tx, scope: Scope, id: string) {
  const message = await findMessage(tx, scope, id)
  if (!message) throw notFound('message')
  return message
}
