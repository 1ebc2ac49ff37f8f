import { z } from 'zod'
import { Id, PageQuery, Timestamp } from './common.ts'
import { endpoint } from './endpoint.ts'

/** What the audit log knows of. A client passes over names it does not know. */
export const AuditAction = z.enum([
  'user.signed_in',
  'user.sign_in_failed',
  'user.signed_out_everywhere',
  'user.password_changed',
  'user.password_reset',
  'user.email_changed',
  'user.disabled',
  'user.enabled',
  'project.deleted',
  'file.uploaded',
  'file.deleted',
  'source.added',
  'source.deleted',
  'session.deleted',
  'session.exported',
])
export type AuditAction = z.infer<typeof AuditAction>

/** Something that was done in a workspace, or to the account of one of its people. It never changes. */
export const AuditEvent = z.object({
  id: Id,
  action: AuditAction,
  /** Who did it; null for somebody who failed to sign in, and for the operator. */
  actor_id: Id.nullable(),
  /** What it was done to; it may be gone. */
  target: z.object({ type: z.enum(['user', 'project', 'file', 'source', 'session']), id: Id }),
  /** The network address it came from, where that is known. */
  address: z.string().nullable(),
  created_at: Timestamp,
})
export type AuditEvent = z.infer<typeof AuditEvent>

export const audit = {
  list: endpoint({
    method: 'GET',
    path: '/audit',
    access: 'user',
    status: 200,
    tag: 'Audit',
    summary: 'The audit log of the workspace, newest first; for its owners',
    query: PageQuery,
    item: AuditEvent,
  }),
} as const
