import type { ModelGateway } from '../../llm/gateway/gateway.ts'
import type { ModelRegistry } from '../../llm/registry.ts'
import type { Database } from '../../platform/database/database.ts'
import type { Notifications } from '../../platform/database/notifications.ts'
import type { Logger } from '../../platform/logger.ts'
import { createTurnPrices } from '../budgets/turn-prices.ts'
import type { Once } from '../idempotency/idempotency.service.ts'
import type { SessionsService } from '../sessions/sessions.service.ts'
import { createAnswerReader } from './answer-reader.ts'
import { createChatService } from './chat.service.ts'
import { createTokenEstimator } from './context-window.ts'
import { createMessageTreeService } from './message-tree.service.ts'
import type { RunObserver } from './run-observer.ts'
import { createRunsService } from './runs.service.ts'
import { createTurnRepository } from './turn.repository.ts'

export interface ConversationsOptions {
  db: Database
  /** Under which this process owns its runs. */
  ownerId: string
  models: ModelRegistry
  gateway: ModelGateway
  notices: Notifications
  once: Once
  sessions: SessionsService
  logger: Logger
  observer?: RunObserver | undefined
  /** Told of turns that name no project. */
  countTurn?: ((workspaceId: string, projectId: string) => void) | undefined
  defaults: { temperature: number; maxTokens: number; historyTokens: number }
}

/** Puts together what a turn needs. */
export function createConversations(options: ConversationsOptions) {
  const { db, ownerId, models, gateway, notices, once, sessions, logger, observer, countTurn, defaults } = options
  const turns = createTurnRepository(db, ownerId)
  const runs = createRunsService({ turns, gateway, notices, logger, observer })
  const chat = createChatService({
    turns,
    models,
    runs,
    sessions,
    estimator: createTokenEstimator(),
    prices: createTurnPrices(models),
    countTurn,
    defaults,
  })
  const answers = createAnswerReader({ chat, runs })
  return { runs, turns, chat, answers, messageTree: createMessageTreeService({ db, once }) }
}
