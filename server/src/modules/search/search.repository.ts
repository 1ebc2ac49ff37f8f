import { and, eq, sql } from 'drizzle-orm'
import type { Database, Tx } from '../../platform/database/database.ts'
import type { Scope } from '../../platform/scope.ts'
import { projects } from '../projects/projects.table.ts'

export async function projectExists(tx: Tx, scope: Scope, id: string): Promise<boolean> {
  const rows = await tx
    .select({ id: projects.id })
    .from(projects)
    .where(and(eq(projects.workspaceId, scope.workspaceId), eq(projects.id, id)))
  return rows.length > 0
}

/** Where a page of hits begins: after this one, newest first. */
export type HitKey = [createdAt: string, sessionId: string, seq: number]

interface Search {
  /** A tsquery literal. */
  query: string
  projectId: string | undefined
  after: HitKey | undefined
  /** How much of a message to read. */
  maxChars: number
  count: number
}

export interface HitRow extends Record<string, unknown> {
  message_id: string
  session_id: string
  seq: number
  session_title: string | null
  project_id: string
  role: 'user' | 'assistant'
  content: string
  /** As on the wire. */
  created_at: string
  rank: number
}

/** Later than anything. */
const start: HitKey = ['infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 2_147_483_647]

/** Newest first. The index names the hits; what is read of them is read under the tenant's own policies. */
export function findHits(
  tx: Tx,
  scope: Scope,
  { query, projectId, after, maxChars, count }: Search,
): Promise<HitRow[]> {
  const [createdAt, sessionId, seq] = after ?? start
  return tx.execute(
    sql`SELECT m.id AS message_id, h.session_id, h.seq, s.title AS session_title, s.project_id, m.role,
               left(m.content, ${maxChars}) AS content,
               to_char(m.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS created_at, h.rank
          FROM search_messages(${query}, ${projectId ?? null}, ${createdAt}, ${sessionId}, ${seq}, ${count}) h
          JOIN messages m ON m.workspace_id = ${scope.workspaceId} AND m.session_id = h.session_id AND m.seq = h.seq
          JOIN chat_sessions s ON s.workspace_id = ${scope.workspaceId} AND s.id = h.session_id
         ORDER BY h.created_at DESC, h.session_id DESC, h.seq DESC`,
    'objects',
  )
}

export interface Unindexed {
  workspace_id: string
  session_id: string
  seq: number
  content: string
}

/** Final messages that are not in the index, for this process to index within ten seconds; none while another does. */
export function takeUnindexed(db: Database, maxMessages: number, maxChars: number): Promise<Unindexed[]> {
  return db.call('take_unindexed', 'SELECT * FROM take_unindexed($1, $2)', [maxMessages, maxChars])
}

/** Puts messages into the index; `vectors` are tsvector literals in the order of the messages. */
export async function storeWords(db: Database, messages: Unindexed[], vectors: string[]): Promise<void> {
  await db.call('store_words', 'SELECT store_words($1, $2, $3, $4)', [
    messages.map((message) => message.workspace_id),
    messages.map((message) => message.session_id),
    messages.map((message) => message.seq),
    vectors,
  ])
}
