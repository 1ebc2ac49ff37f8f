import { setTimeout as sleep } from 'node:timers/promises'
import type { ChatInput, ChatTurn, Message } from '@chatbot-platform/contract'
import type { ChatMessage } from '../../llm/provider.ts'
import { AppError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { IdempotencyClaim, Scope } from '../../platform/scope.ts'
import type { TurnPrices } from '../budgets/turn-prices.ts'
import type { SessionsService } from '../sessions/sessions.service.ts'
import { titleOf } from '../sessions/title.ts'
import { createHistoryCache, type History } from './history-cache.ts'
import type { Run } from './run.ts'
import type { RunsService } from './runs.service.ts'
import type { TurnRepository } from './turn.repository.ts'
import type { TurnCalls } from './turn-call.ts'
import { answerOf, questionOf } from './turn-messages.ts'
import { isUnderWay, requireAnswer, requireStored } from './turn-outcome.ts'
import type { BegunTurn, BudgetClaim, TurnStart } from './turn-start.ts'

interface Deps {
  turns: TurnRepository
  runs: RunsService
  sessions: Pick<SessionsService, 'message'>
  calls: TurnCalls
  prices: TurnPrices
  /** Told of turns whose project only their beginning names; counts them. */
  countTurn?: ((workspaceId: string, projectId: string) => void) | undefined
  /** What turns may take, in tokens. */
  tokens: Omit<BudgetClaim, 'prices'>
}

/** What is to be stored, but for what a turn's beginning adds. */
type Wanted = Omit<TurnStart, 'userMessageId' | 'assistantMessageId' | 'knownEndId'>

export type ChatService = ReturnType<typeof createChatService>

/** A turn whose messages are stored: the acknowledgement. The answer may be under way in another process, or final. */
export interface AcceptedTurn {
  turn: ChatTurn
  run: Run | null
}

/** What may be asked for beside a message that exists. */
export type SiblingInput =
  | { kind: 'regenerate'; promptId: string | null }
  | { kind: 'edit'; promptId: string | null; content: string; imageIds: string[] | null }
  | { kind: 'continue'; isAutomatic: boolean }

/** A turn reads at most so many messages, so that its cost does not grow with the session. */
const maxHistoryMessages = 200
/** More characters than this a token never has on average. */
const maxCharactersPerToken = 6
/** Characters of all histories that are kept in memory. */
const historyCapacity = 16_000_000

/** How long the process that writes an answer has to follow a call to cancel it. */
const ownerAnswersMs = 1500
const askAgainMs = 50

const carryOn =
  'Carry on exactly where your last answer stops. Do not repeat any of it, and do not comment on the break.'

/** Sends messages to models. An answer belongs to the server: it goes on when its readers leave. */
export function createChatService({ turns, runs, sessions, calls, prices, countTurn, tokens }: Deps) {
  const bounds = {
    maxMessages: maxHistoryMessages,
    maxChars: tokens.historyTokens * maxCharactersPerToken,
  }
  const histories = createHistoryCache({ ...bounds, capacity: historyCapacity })

  return {
    /**
     * Stores the message and a pending answer, and starts the run. Throws 404 for a project, session or prompt that is
     * not this tenant's, 409 `session_busy` while another answer of the session is under way, 422 for a reused key.
     */
    send(scope: Scope, input: ChatInput, claim: IdempotencyClaim | null): Promise<AcceptedTurn> {
      const start = {
        ...blank,
        mode: 'send' as const,
        projectId: input.project_id,
        sessionId: input.session_id ?? newId(),
        isNew: !input.session_id,
        title: input.session_id ? null : titleOf(input.message),
        promptId: input.prompt_id ?? null,
        content: input.message,
        imageIds: input.attachments ?? null,
      }
      return accept(scope, start, claim, [{ role: 'user', content: input.message }])
    },

    /** The same beside a message that exists: another answer, a changed question, or the rest of a cut answer. */
    async addSibling(
      scope: Scope,
      targetId: string,
      input: SiblingInput,
      claim: IdempotencyClaim | null,
    ): Promise<AcceptedTurn> {
      if (input.kind === 'edit') {
        const { promptId, content, imageIds } = input
        const start = { ...blank, mode: 'edit' as const, targetId, promptId, content, imageIds }
        return accept(scope, start, claim, [{ role: 'user', content: input.content }])
      }
      if (input.kind === 'regenerate') {
        return accept(scope, { ...blank, mode: 'answer', targetId, promptId: input.promptId }, claim, [])
      }
      const target = requireAnswer(await sessions.message(scope, targetId))
      const { isAutomatic } = input
      const start = { ...blank, mode: 'answer' as const, targetId, promptId: target.prompt_id, isAutomatic }
      if (target.content === '') return accept(scope, start, claim, [])
      const asked: ChatMessage[] = [
        { role: 'assistant', content: target.content },
        { role: 'user', content: carryOn },
      ]
      return accept(scope, { ...start, prefix: target.content }, claim, asked, target)
    },

    /** Stops an answer, keeping its text; one that has ended already is returned as it is. */
    async cancel(scope: Scope, messageId: string): Promise<Message> {
      const run = runs.find(scope.workspaceId, messageId)
      if (run) {
        run.stop('cancelled')
        return (await run.ended).message
      }
      const message = requireAnswer(await sessions.message(scope, messageId))
      return isUnderWay(message) ? cancelElsewhere(scope, messageId) : message
    },

    /** The run of an answer that this process is writing, or the answer as it is stored. */
    async find(scope: Scope, messageId: string): Promise<Run | Message> {
      return runs.find(scope.workspaceId, messageId) ?? requireAnswer(await sessions.message(scope, messageId))
    },

    /** A message as it stands, with the text that has not been stored yet where this process writes it. */
    message(scope: Scope, messageId: string): Promise<Message> {
      const run = runs.find(scope.workspaceId, messageId)
      return run ? Promise.resolve(run.message) : sessions.message(scope, messageId)
    },
  }

  function accept(
    scope: Scope,
    start: Wanted,
    claim: IdempotencyClaim | null,
    asked: ChatMessage[],
    carriesOn: Message | null = null,
  ): Promise<AcceptedTurn> {
    if (runs.stopping) {
      throw new AppError('shutting_down', 'The server is restarting. Try again shortly.', { retryAfterSeconds: 2 })
    }
    return runs.accept(() => begin(scope, start, claim, asked, carriesOn))
  }

  async function begin(
    scope: Scope,
    start: Wanted,
    claim: IdempotencyClaim | null,
    asked: ChatMessage[],
    carriesOn: Message | null,
  ): Promise<AcceptedTurn> {
    const ids = { userMessageId: newId(), assistantMessageId: newId() }
    const remembered = start.sessionId === null ? undefined : histories.find(start.sessionId)
    const turn = { ...start, ...ids, knownEndId: remembered?.endId ?? null }
    const outcome = requireStored(await store(scope, turn, claim), start.mode)
    if (outcome.outcome === 'known') return known(scope, outcome)
    if (start.projectId === null) countTurn?.(scope.workspaceId, outcome.project_id)
    // A retry of a turn that failed, and everything in the mode `answer`, goes back to a question that is stored.
    const isNewQuestion = outcome.user_message_id === ids.userMessageId
    const answer = answerOf(outcome, ids.assistantMessageId, isNewQuestion, start.prefix)
    const again: ChatMessage[] = outcome.question === null ? [] : [{ role: 'user', content: outcome.question }]
    const question = isNewQuestion ? asked : [...again, ...(start.mode === 'answer' ? asked : [])]
    // Started before anything else can fail: from here on the stored answer has somebody who writes it.
    const history = (outcome.history_is_known ? remembered?.history : outcome.history) ?? []
    const text = outcome.question ?? start.content
    const call = calls.of(scope, outcome, {
      history,
      messages: question,
      text,
      carriesOn: givenBefore(carriesOn, outcome),
    })
    const run = runs.start(scope.workspaceId, answer, call)
    rememberEnd(run, outcome, text, history)
    const message = isNewQuestion
      ? questionOf(outcome, start.content)
      : await sessions.message(scope, outcome.user_message_id)
    return { turn: { session_id: outcome.session_id, message, assistant_message: answer }, run }
  }

  /** Once again where a budget in dollars wants a price that this process has not told before. */
  async function store(scope: Scope, turn: TurnStart, claim: IdempotencyClaim | null) {
    const begin = () => turns.begin(scope, turn, bounds, claim, { ...tokens, prices: prices.of(scope.workspaceId) })
    const outcome = await begin()
    if (outcome.outcome !== 'price_wanted') return outcome
    await prices.learn(scope.workspaceId, outcome.chain)
    const priced = await begin()
    if (priced.outcome === 'price_wanted') throw new AppError('conflict', 'The project was just changed. Try again.')
    return priced
  }

  /** Asks the process that writes the answer, which has all of its text; one that is silent loses the answer. */
  async function cancelElsewhere(scope: Scope, messageId: string): Promise<Message> {
    await turns.tell('cancel', messageId)
    for (let waited = 0; waited < ownerAnswersMs; waited += askAgainMs) {
      await sleep(askAgainMs)
      const message = await sessions.message(scope, messageId)
      if (!isUnderWay(message)) return message
    }
    await turns.cancel(scope, messageId)
    return sessions.message(scope, messageId)
  }

  /** The turn that an idempotency key stands for, wherever it has got to. */
  async function known(
    scope: Scope,
    ids: { session_id: string; user_message_id: string; assistant_message_id: string },
  ): Promise<AcceptedTurn> {
    const run = runs.find(scope.workspaceId, ids.assistant_message_id) ?? null
    const [message, stored] = await Promise.all([
      sessions.message(scope, ids.user_message_id),
      run ? run.message : sessions.message(scope, ids.assistant_message_id),
    ])
    return { turn: { session_id: ids.session_id, message, assistant_message: stored }, run }
  }

  /** The next turn of the session will most likely go on from this answer. */
  function rememberEnd(run: Run, begun: BegunTurn, question: string, before: History): void {
    void run.ended.then(({ message, failure }) => {
      if (failure?.code === 'database_unavailable') return
      histories.remember(begun.session_id, run.id, ['assistant', message.content, 'user', question], before)
    })
  }
}

/** The answer whose passages belong to the one that carries it on. */
function givenBefore(target: Message | null, { documents }: BegunTurn): string | null {
  return target !== null && (documents || target.citations !== undefined) ? target.id : null
}

const blank = {
  projectId: null,
  sessionId: null,
  isNew: false,
  title: null,
  targetId: null,
  promptId: null,
  content: '',
  prefix: '',
  imageIds: null,
}
