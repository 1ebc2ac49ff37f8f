import type { ModelGateway } from '../../llm/gateway/gateway.ts'
import type { ModelRegistry } from '../../llm/registry.ts'
import type { Database } from '../../platform/database/database.ts'
import type { Notifications } from '../../platform/database/notifications.ts'
import type { Logger } from '../../platform/logger.ts'
import type { TurnGate } from '../../platform/overload/turn-gate.ts'
import type { FileStorage } from '../../platform/storage/storage.ts'
import { createTurnPrices } from '../budgets/turn-prices.ts'
import type { Once } from '../idempotency/idempotency.service.ts'
import { createCitationsService } from '../knowledge/citations.service.ts'
import type { SessionsService } from '../sessions/sessions.service.ts'
import { createAnswerReader } from './answer-reader.ts'
import { createChatService } from './chat.service.ts'
import { createTokenEstimator } from './context-window.ts'
import { createAnswerGrounds, type PassageFinder } from './documents/answer-grounds.ts'
import { createSearchQueries, mostQueryTokens } from './documents/search-query.ts'
import { createMessageTreeService } from './message-tree.service.ts'
import type { RunObserver } from './run-observer.ts'
import { createRunsService } from './runs.service.ts'
import { tokensOfImage } from './shown-images.ts'
import { createTurnRepository, type TurnRepository } from './turn.repository.ts'
import { createTurnCalls } from './turn-call.ts'
import { createTurnImages, mostImages } from './turn-images.ts'

export interface ConversationsOptions {
  db: Database
  /** Under which this process owns its runs. */
  ownerId: string
  models: ModelRegistry
  gateway: ModelGateway
  notices: Notifications
  once: Once
  sessions: SessionsService
  /** Where answers look for what documents say. */
  documents: PassageFinder
  /** Where the images of messages are. */
  storage: FileStorage
  logger: Logger
  /** Told how long it takes to store turns. */
  gate: TurnGate
  observer?: RunObserver | undefined
  /** Told of turns that name no project. */
  countTurn?: ((workspaceId: string, projectId: string) => void) | undefined
  defaults: { temperature: number; maxTokens: number; historyTokens: number }
  /** What one answer is given of documents at most. */
  passageLimits: { maxPassages: number; maxTokens: number }
}

/** Our words around passages. */
const rulesTokens = 600
/** Models count differently from how passages are measured. */
const passageSlack = 1.3

/** Puts together what a turn needs. */
export function createConversations(options: ConversationsOptions) {
  const { db, ownerId, models, gateway, notices, once, sessions, documents, storage, logger, observer, countTurn } =
    options
  const { defaults, passageLimits } = options
  const turns = timed(createTurnRepository(db, ownerId), options.gate)
  const citations = createCitationsService({ db, ownerId })
  const queries = createSearchQueries({ gateway, models, logger })
  const grounds = createAnswerGrounds({ documents, citations, queries, logger, limits: passageLimits })
  const images = createTurnImages({ storage, logger })
  const runs = createRunsService({ turns, gateway, notices, logger, observer })
  const chat = createChatService({
    turns,
    runs,
    sessions,
    calls: createTurnCalls({ models, estimator: createTokenEstimator(), grounds, images, defaults }),
    prices: createTurnPrices(models),
    countTurn,
    tokens: {
      maxTokens: defaults.maxTokens,
      historyTokens: defaults.historyTokens,
      passageTokens: Math.ceil(passageLimits.maxTokens * passageSlack) + rulesTokens,
      queryTokens: mostQueryTokens,
      imageTokens: mostImages * tokensOfImage,
    },
  })
  const answers = createAnswerReader({ chat, runs, citations })
  return { runs, turns, chat, answers, messageTree: createMessageTreeService({ db, once }) }
}

function timed(turns: TurnRepository, gate: TurnGate): TurnRepository {
  return {
    ...turns,
    begin: (...turn) => gate.begin(() => turns.begin(...turn)),
    finish: (...turn) => gate.finish(() => turns.finish(...turn)),
  }
}
