import { attachmentFunctions } from './modules/attachments/attachments.functions.ts'
import { attachmentRules, attachments } from './modules/attachments/attachments.table.ts'
import { auditEvents, auditRules } from './modules/audit/audit-events.table.ts'
import { refreshTokenRules, refreshTokens, tokenFamilies } from './modules/auth/refresh-tokens.table.ts'
import { budgetFunctions } from './modules/budgets/budget.functions.ts'
import { budgetReservations, budgetRules, budgets, instanceBudget } from './modules/budgets/budgets.table.ts'
import { abandonedRunFunctions } from './modules/chat/abandoned-runs.functions.ts'
import { turnFunctions } from './modules/chat/turn.functions.ts'
import { feedbackRules, messageFeedback } from './modules/feedback/message-feedback.table.ts'
import { fileFunctions } from './modules/files/files.functions.ts'
import { fileRules, files } from './modules/files/files.table.ts'
import { idempotencyKeyRules, idempotencyKeys } from './modules/idempotency/idempotency-keys.table.ts'
import { citationFunctions } from './modules/knowledge/citations.functions.ts'
import { citationRules, citations } from './modules/knowledge/citations.table.ts'
import { passageSearchFunctions } from './modules/knowledge/passage-search.functions.ts'
import { passageVectorRules, passageVectors } from './modules/knowledge/passage-vectors.table.ts'
import { fileWords, passageWordRules, passageWords } from './modules/knowledge/passage-words.table.ts'
import { passageRules, passages } from './modules/knowledge/passages.table.ts'
import { projectRules, projects } from './modules/projects/projects.table.ts'
import { promptRules, prompts } from './modules/prompts/prompts.table.ts'
import { messageSearch, searchProgress, searchRules } from './modules/search/message-search.table.ts'
import { searchFunctions } from './modules/search/search.functions.ts'
import { chatSessions, messages, sessionRules } from './modules/sessions/sessions.table.ts'
import { sourceFunctions } from './modules/sources/sources.functions.ts'
import { sourceRules, sources } from './modules/sources/sources.table.ts'
import { usageEvents, usageRules } from './modules/usage/usage-events.table.ts'
import { userRules, users } from './modules/users/users.table.ts'
import { memberships, workspaceRules, workspaces } from './modules/users/workspaces.table.ts'
import type { Programmable } from './platform/database/programmable.ts'
import { jobRules } from './platform/jobs/jobs.schema.ts'
import { limitCounts, limitRules, streamCounts } from './platform/limits/limit-counts.table.ts'

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
  auditEvents,
  idempotencyKeys,
  messageFeedback,
  messageSearch,
  searchProgress,
  limitCounts,
  streamCounts,
  budgets,
  budgetReservations,
  instanceBudget,
  sources,
  files,
  passages,
  passageWords,
  fileWords,
  passageVectors,
  citations,
  attachments,
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
  ...auditRules,
  ...idempotencyKeyRules,
  ...feedbackRules,
  ...limitRules,
  ...searchRules,
  ...searchFunctions,
  ...budgetRules,
  ...budgetFunctions,
  ...sourceRules,
  ...sourceFunctions,
  ...fileRules,
  ...fileFunctions,
  ...passageRules,
  ...passageWordRules,
  ...passageVectorRules,
  ...passageSearchFunctions,
  ...citationRules,
  ...citationFunctions,
  ...attachmentRules,
  ...attachmentFunctions,
  ...turnFunctions,
  ...abandonedRunFunctions,
  ...jobRules,
]
