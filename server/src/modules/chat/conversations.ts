import type { ModelGateway } from '../../llm/gateway/gateway.ts'
import type { ModelRegistry } from '../../llm/registry.ts'
import type { Database } from '../../platform/database/database.ts'
import type { Notifications } from '../../platform/database/notifications.ts'
import { newId } from '../../platform/ids.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Once } from '../idempotency/idempotency.service.ts'
import type { SessionsService } from '../sessions/sessions.service.ts'
import { createAnswerReader } from './answer-reader.ts'
import { createChatService } from './chat.service.ts'
import { createTokenEstimator } from './context-window.ts'
import { createMessageTreeService } from './message-tree.service.ts'
import { createRunsService } from './runs.service.ts'
import { createTurnRepository } from './turn.repository.ts'

export interface ConversationsOptions {
  db: Database
  models: ModelRegistry
  gateway: ModelGateway
  notices: Notifications
  once: Once
  sessions: SessionsService
  logger: Logger
  defaults: { temperature: number; maxTokens: number; historyTokens: number }
}

/** Puts together what a turn needs; this process owns its runs under one id. */
export function createConversations(options: ConversationsOptions) {
  const { db, models, gateway, notices, once, sessions, logger, defaults } = options
  const turns = createTurnRepository(db, newId())
  const runs = createRunsService({ turns, gateway, notices, logger })
  const chat = createChatService({ turns, models, runs, sessions, estimator: createTokenEstimator(), defaults })
  const answers = createAnswerReader({ chat, runs })
  return { runs, turns, chat, answers, messageTree: createMessageTreeService({ db, once }) }
}
