import { attachments } from './attachments.ts'
import { audit } from './audit.ts'
import { auth } from './auth.ts'
import { budgets } from './budgets.ts'
import { chat } from './chat.ts'
import type { Access, Endpoint } from './endpoint.ts'
import { feedback } from './feedback.ts'
import { files } from './files.ts'
import { health } from './health.ts'
import { knowledge } from './knowledge.ts'
import { models } from './models.ts'
import { projects } from './projects.ts'
import { prompts } from './prompts.ts'
import { search } from './search.ts'
import { sessions } from './sessions.ts'
import { sources } from './sources.ts'
import { usage } from './usage.ts'
import { users } from './users.ts'

export * from './attachments.ts'
export * from './audit.ts'
export * from './auth.ts'
export * from './budgets.ts'
export * from './chat.ts'
export * from './common.ts'
export * from './endpoint.ts'
export * from './errors.ts'
export * from './feedback.ts'
export * from './files.ts'
export * from './health.ts'
export * from './knowledge.ts'
export * from './messages.ts'
export * from './models.ts'
export * from './projects.ts'
export * from './prompts.ts'
export * from './search.ts'
export * from './sessions.ts'
export * from './sources.ts'
export * from './usage.ts'
export * from './users.ts'

/** The whole API by resource. */
export const contract = {
  health,
  auth,
  users,
  projects,
  prompts,
  files,
  sources,
  knowledge,
  attachments,
  chat,
  feedback,
  sessions,
  search,
  models,
  usage,
  budgets,
  audit,
} as const

/** Every endpoint as `['projects.create', endpoint]`, optionally only those with one kind of access. */
export function allEndpoints(access?: Access): [name: string, endpoint: Endpoint][] {
  return Object.entries(contract)
    .flatMap(([resource, group]) =>
      Object.entries(group).map(([name, one]): [string, Endpoint] => [`${resource}.${name}`, one]),
    )
    .filter(([, one]) => access === undefined || one.access === access)
}
