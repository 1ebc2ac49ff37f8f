import type { ChatSession, SessionPatch, SessionsQuery } from '@chatbot-platform/contract'
import type { Database, Tx } from '../../platform/database/database.ts'
import { notFound } from '../../platform/errors.ts'
import { decodeCursor, type Page, timeCursor, toPage } from '../../platform/paging.ts'
import type { Scope } from '../../platform/scope.ts'
import { imageKeysOf } from '../attachments/to-attachment.ts'
import type { AuditService } from '../audit/audit.service.ts'
import { findFirstQuestion } from './messages.repository.ts'
import { createMessagesService } from './messages.service.ts'
import { deleteSession, findSession, listSessions, projectExists, updateSession } from './sessions.repository.ts'
import type { ChatSessionRow } from './sessions.table.ts'
import { titleOf } from './title.ts'

interface Deps {
  db: Database
  audit: Pick<AuditService, 'record'>
  /** Deletes the bytes of images whose messages are gone. */
  forgetImages?: ((keys: string[]) => Promise<void>) | undefined
}

export type SessionsService = ReturnType<typeof createSessionsService>

/** Conversations and their messages as they are stored. */
export function createSessionsService({ db, audit, forgetImages }: Deps) {
  return {
    ...createMessagesService({ db }),

    list(scope: Scope, projectId: string, { limit, cursor, pinned }: SessionsQuery): Promise<Page<ChatSession>> {
      const after = decodeCursor(cursor, timeCursor)
      return db.read(scope, async (tx) => {
        if (!(await projectExists(tx, scope, projectId))) throw notFound('project')
        const rows = await listSessions(tx, scope, projectId, { limit, pinned, after })
        return toPage(rows, limit, (row) => [row.updatedAt.toISOString(), row.id], toSession)
      })
    },

    get(scope: Scope, id: string): Promise<ChatSession> {
      return db.tenant(scope, async (tx) => toSession(required(await findSession(tx, scope, id))))
    },

    update(scope: Scope, id: string, patch: SessionPatch): Promise<ChatSession> {
      return db.tenant(scope, async (tx) => {
        const title = patch.title === null ? await automaticTitle(tx, scope, id) : patch.title
        const fields = {
          ...(title === undefined ? {} : { title }),
          ...(patch.pinned === undefined ? {} : { pinned: patch.pinned }),
        }
        return toSession(required(await updateSession(tx, scope, id, fields)))
      })
    },

    async remove(scope: Scope, id: string): Promise<void> {
      const images = await db.tenant(scope, async (tx) => {
        const keys = await imageKeysOf(tx, scope, id)
        if (!(await deleteSession(tx, scope, id))) throw notFound('session')
        await audit.record(tx, scope, 'session.deleted', id)
        return keys
      })
      await forgetImages?.(images)
    },
  }
}

async function automaticTitle(tx: Tx, scope: Scope, id: string): Promise<string | null> {
  const question = await findFirstQuestion(tx, scope, id)
  return question === undefined ? null : titleOf(question)
}

function required(row: ChatSessionRow | undefined): ChatSessionRow {
  if (!row) throw notFound('session')
  return row
}

export function toSession(row: ChatSessionRow): ChatSession {
  return {
    id: row.id,
    project_id: row.projectId,
    title: row.title,
    pinned: row.pinned,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  }
}
