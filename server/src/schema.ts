import { refreshTokenRules, refreshTokens, tokenFamilies } from './modules/auth/refresh-tokens.table.ts'
import { turnFunctions } from './modules/chat/turn.functions.ts'
import { feedbackRules, messageFeedback } from './modules/feedback/message-feedback.table.ts'
import { idempotencyKeyRules, idempotencyKeys } from './modules/idempotency/idempotency-keys.table.ts'
import { projectRules, projects } from './modules/projects/projects.table.ts'
import { promptRules, prompts } from './modules/prompts/prompts.table.ts'
import { messageSearch, searchProgress, searchRules } from './modules/search/message-search.table.ts'
import { searchFunctions } from './modules/search/search.functions.ts'
import { chatSessions, messages, sessionRules } from './modules/sessions/sessions.table.ts'
import { usageEvents, usageRules } from './modules/usage/usage-events.table.ts'
import { userRules, users } from './modules/users/users.table.ts'
import { memberships, workspaceRules, workspaces } from './modules/users/workspaces.table.ts'
import type { Programmable } from './platform/database/programmable.ts'

/** Every table; migrations are generated from these and checked against the database. */
export const tables = {
  users,
  workspaces,
  memberships,
  tokenFamilies,
  refreshTokens,
  projects,
  prompts,
  chatSessions,
  messages,
  usageEvents,
  idempotencyKeys,
  messageFeedback,
  messageSearch,
  searchProgress,
}

/** Every policy, grant and function, in the order in which they are made. */
export const programmables: Programmable[] = [
  ...userRules,
  ...workspaceRules,
  ...refreshTokenRules,
  ...projectRules,
  ...promptRules,
  ...sessionRules,
  ...usageRules,
  ...idempotencyKeyRules,
  ...feedbackRules,
  ...searchRules,
  ...searchFunctions,
  ...turnFunctions,
]
