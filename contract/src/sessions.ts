import { z } from 'zod'
import { Id, label, PageQuery, Timestamp } from './common.ts'
import { endpoint } from './endpoint.ts'
import { Message } from './messages.ts'
import { ProjectParams } from './projects.ts'

/**
 * A conversation. `updated_at` is the time of its latest activity, kept to within ten seconds. The title comes from the
 * first message until somebody gives another.
 */
export const ChatSession = z.object({
  id: Id,
  project_id: Id,
  title: z.string().nullable(),
  pinned: z.boolean(),
  created_at: Timestamp,
  updated_at: Timestamp,
})
export type ChatSession = z.infer<typeof ChatSession>

/** Absent fields stay as they are; a title of `null` asks for the automatic one again. */
export const SessionPatch = z.object({ title: label(1, 200).nullish(), pinned: z.boolean().optional() })
export type SessionPatch = z.infer<typeof SessionPatch>

const SessionParams = z.object({ session_id: Id })

/** With `pinned`, only the sessions that are, or are not. */
export const SessionsQuery = PageQuery.extend({ pinned: z.stringbool().optional() })
export type SessionsQuery = z.infer<typeof SessionsQuery>

/**
 * Messages read like a page: oldest first; `order=desc` starts at the newest. `around` takes the place of a cursor: the
 * page has this message in its middle, on the path through it, and both ways lead on from there.
 */
export const MessagesQuery = PageQuery.extend({ order: z.enum(['asc', 'desc']).default('asc'), around: Id.optional() })
export type MessagesQuery = z.infer<typeof MessagesQuery>

export const ExportQuery = z.object({ format: z.enum(['markdown', 'json']).default('markdown') })
export type ExportQuery = z.infer<typeof ExportQuery>

/** A session with all its messages in order of `seq`, those beside the path shown included. */
export const SessionExport = z.object({ session: ChatSession, messages: z.array(Message) })
export type SessionExport = z.infer<typeof SessionExport>

export const sessions = {
  list: endpoint({
    method: 'GET',
    path: '/projects/{project_id}/sessions',
    access: 'user',
    status: 200,
    tag: 'Sessions',
    summary: 'List the sessions of a project, latest activity first',
    params: ProjectParams,
    query: SessionsQuery,
    item: ChatSession,
  }),
  get: endpoint({
    method: 'GET',
    path: '/sessions/{session_id}',
    access: 'user',
    status: 200,
    tag: 'Sessions',
    summary: 'One session',
    params: SessionParams,
    response: ChatSession,
  }),
  update: endpoint({
    method: 'PATCH',
    path: '/sessions/{session_id}',
    access: 'user',
    status: 200,
    tag: 'Sessions',
    summary: 'Rename or pin a session',
    params: SessionParams,
    body: SessionPatch,
    response: ChatSession,
  }),
  remove: endpoint({
    method: 'DELETE',
    path: '/sessions/{session_id}',
    access: 'user',
    status: 204,
    tag: 'Sessions',
    summary: 'Delete a session with its messages',
    params: SessionParams,
  }),
  messages: endpoint({
    method: 'GET',
    path: '/sessions/{session_id}/messages',
    access: 'user',
    status: 200,
    tag: 'Sessions',
    summary: 'The messages of a session in order',
    params: SessionParams,
    query: MessagesQuery,
    item: Message,
  }),
  export: endpoint({
    method: 'GET',
    path: '/sessions/{session_id}/export',
    access: 'user',
    status: 200,
    tag: 'Sessions',
    summary: 'Download a session, as Markdown to read or as JSON with everything',
    params: SessionParams,
    query: ExportQuery,
    response: SessionExport,
    file: 'text/markdown',
  }),
} as const
