import { z } from 'zod'
import { text } from './common.ts'
import { endpoint } from './endpoint.ts'
import { Email, User } from './users.ts'

/**
 * 8 to 1,024 characters. Longer than bcrypt's 72 bytes is fine: the server hashes such a password first instead of
 * cutting it.
 */
export const NewPassword = text(8, 1024)

/** A password to check, not to judge: short ones are wrong, not invalid. */
const GivenPassword = text(1, 1024)

export const Registration = z.object({ email: Email, password: NewPassword })

/** The OAuth2 password form; `username` is the e-mail address, the other OAuth2 fields are accepted and ignored. */
export const LoginForm = z.object({
  username: text(1, 320),
  password: GivenPassword,
  grant_type: z.literal('password').or(z.literal('')).optional(),
  scope: z.string().max(1000).optional(),
  client_id: z.string().max(200).optional(),
  client_secret: z.string().max(200).optional(),
})

/** `expires_in` counts seconds. The refresh token travels beside this, in an HttpOnly cookie. */
export const AccessToken = z.object({
  access_token: z.string(),
  token_type: z.literal('bearer'),
  expires_in: z.int(),
})
export type AccessToken = z.infer<typeof AccessToken>

export const PasswordChange = z.object({ current_password: GivenPassword, new_password: NewPassword })

export const auth = {
  register: endpoint({
    method: 'POST',
    path: '/auth/register',
    access: 'public',
    status: 201,
    tag: 'Authentication',
    summary: 'Register a new user',
    body: Registration,
    response: User,
  }),
  login: endpoint({
    method: 'POST',
    path: '/auth/login',
    access: 'public',
    status: 200,
    tag: 'Authentication',
    summary: 'Sign in with e-mail address and password (OAuth2 password form)',
    bodyType: 'form',
    body: LoginForm,
    response: AccessToken,
  }),
  refresh: endpoint({
    method: 'POST',
    path: '/auth/refresh',
    access: 'public',
    status: 200,
    tag: 'Authentication',
    summary: 'Exchange the refresh cookie for a new access token',
    response: AccessToken,
  }),
  logout: endpoint({
    method: 'POST',
    path: '/auth/logout',
    access: 'public',
    status: 204,
    tag: 'Authentication',
    summary: 'Sign out this device, or with `all=true` every device',
    query: z.object({ all: z.stringbool().default(false) }),
  }),
  password: endpoint({
    method: 'POST',
    path: '/auth/password',
    access: 'user',
    status: 200,
    tag: 'Authentication',
    summary: 'Change the password; every other device is signed out',
    body: PasswordChange,
    response: AccessToken,
  }),
} as const
