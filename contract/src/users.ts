import { z } from 'zod'
import { Id, Timestamp, text } from './common.ts'
import { endpoint } from './endpoint.ts'

/** Compared without regard to case: trimmed and lower-cased before it is stored. At most 254 characters (RFC 5321). */
export const Email = text(3, 320)
  .transform((value) => value.trim().toLowerCase())
  .pipe(z.email().max(254))

export const User = z.object({ id: Id, email: z.string(), created_at: Timestamp })
export type User = z.infer<typeof User>

export const UserPatch = z.object({ email: Email, current_password: text(1, 1024) })

export const users = {
  me: endpoint({
    method: 'GET',
    path: '/users/me',
    access: 'user',
    status: 200,
    tag: 'Users',
    summary: 'The signed-in user',
    response: User,
  }),
  update: endpoint({
    method: 'PATCH',
    path: '/users/me',
    access: 'user',
    status: 200,
    tag: 'Users',
    summary: 'Change the e-mail address, confirmed by the current password',
    body: UserPatch,
    response: User,
  }),
  remove: endpoint({
    method: 'DELETE',
    path: '/users/me',
    access: 'user',
    status: 204,
    tag: 'Users',
    summary: 'Delete the account with its workspace, bots and conversations',
  }),
} as const
