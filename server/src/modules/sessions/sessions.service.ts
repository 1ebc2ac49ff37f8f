import type { ChatSession, Message, MessagesQuery, PageQuery, SessionPatch } from '@chatbot-platform/contract'
import { z } from 'zod'
import type { Database } from '../../platform/database/database.ts'
import { notFound } from '../../platform/errors.ts'
import { decodeCursor, type Page, timeCursor, toPage } from '../../platform/paging.ts'
import type { Scope } from '../../platform/scope.ts'
import {
  deleteSession,
  findMessage,
  findSession,
  listMessages,
  listSessions,
  projectExists,
  updateSession,
} from './sessions.repository.ts'
import type { ChatSessionRow, MessageRow } from './sessions.table.ts'

interface Deps {
  db: Database
}

export type SessionsService = ReturnType<typeof createSessionsService>

const seqCursor = z.tuple([z.int()])

/** Conversations and their messages as they are stored. */
export function createSessionsService({ db }: Deps) {
  return {
    list(scope: Scope, projectId: string, { limit, cursor }: PageQuery): Promise<Page<ChatSession>> {
      const after = decodeCursor(cursor, timeCursor)
      return db.tenant(scope, async (tx) => {
        if (!(await projectExists(tx, scope, projectId))) throw notFound('project')
        const rows = await listSessions(tx, scope, projectId, limit, after)
        return toPage(rows, limit, (row) => [row.updatedAt.toISOString(), row.id], toSession)
      })
    },

    get(scope: Scope, id: string): Promise<ChatSession> {
      return db.tenant(scope, async (tx) => toSession(required(await findSession(tx, scope, id))))
    },

    update(scope: Scope, id: string, patch: SessionPatch): Promise<ChatSession> {
      const fields = {
        ...(patch.title === undefined ? {} : { title: patch.title }),
        ...(patch.pinned === undefined ? {} : { pinned: patch.pinned }),
      }
      return db.tenant(scope, async (tx) => toSession(required(await updateSession(tx, scope, id, fields))))
    },

    remove(scope: Scope, id: string): Promise<void> {
      return db.tenant(scope, async (tx) => {
        if (!(await deleteSession(tx, scope, id))) throw notFound('session')
      })
    },

    messages(scope: Scope, id: string, { limit, cursor, order }: MessagesQuery): Promise<Page<Message>> {
      const after = decodeCursor(cursor, seqCursor)?.[0]
      return db.tenant(scope, async (tx) => {
        required(await findSession(tx, scope, id))
        const rows = await listMessages(tx, scope, id, { limit, order, after })
        return toPage(rows, limit, (row) => [row.seq], toMessage)
      })
    },

    message(scope: Scope, id: string): Promise<Message> {
      return db.tenant(scope, async (tx) => {
        const row = await findMessage(tx, scope, id)
        if (!row) throw notFound('message')
        return toMessage(row)
      })
    },
  }
}

function required(row: ChatSessionRow | undefined): ChatSessionRow {
  if (!row) throw notFound('session')
  return row
}

function toSession(row: ChatSessionRow): ChatSession {
  return {
    id: row.id,
    project_id: row.projectId,
    title: row.title,
    pinned: row.pinned,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  }
}

function toMessage(row: MessageRow): Message {
  return {
    id: row.id,
    role: row.role,
    content: row.content,
    timestamp: row.createdAt.toISOString(),
    chat_session_id: row.sessionId,
    seq: row.seq,
    parent_id: row.parentId,
    state: row.state,
    finish_reason: row.finishReason,
    error_code: row.errorCode,
    provider: row.provider,
    model: row.model,
    prompt_id: row.promptId,
    prompt_tokens: row.promptTokens,
    completion_tokens: row.completionTokens,
  }
}
