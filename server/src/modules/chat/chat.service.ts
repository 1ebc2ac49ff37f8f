import type { ChatInput, ChatTurn, ErrorCode, Message } from '@chatbot-platform/contract'
import type { ChatMessage } from '../../llm/provider.ts'
import type { ModelRegistry } from '../../llm/registry.ts'
import type { Database } from '../../platform/database/database.ts'
import { AppError, notFound } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { Scope } from '../../platform/scope.ts'
import type { SessionsService } from '../sessions/sessions.service.ts'
import type { Run, RunResult } from './run.ts'
import type { RunsService, RunTarget } from './runs.service.ts'
import { type BegunTurn, beginTurn, cancelTurn } from './turn.repository.ts'

interface Deps {
  db: Database
  models: Pick<ModelRegistry, 'resolve' | 'contextWindowOf'>
  runs: RunsService
  sessions: Pick<SessionsService, 'message'>
  /** The instance's defaults for projects that set none. */
  defaults: { temperature: number; maxTokens: number }
}

export type ChatService = ReturnType<typeof createChatService>

/** A turn whose two messages are stored: the acknowledgement. */
export interface AcceptedTurn {
  turn: ChatTurn
  run: Run
}

/** How far back a turn reads at most, whatever the model could take: keeps its cost independent of the session's length. */
const maxHistoryMessages = 200
const maxHistoryChars = 100_000

/** Sends messages to models. An answer belongs to the server: it goes on when its readers leave. */
export function createChatService({ db, models, runs, sessions, defaults }: Deps) {
  return {
    /**
     * Stores the message and a pending answer, and starts the run. Throws 404 for a project, session or prompt that is
     * not this tenant's, 409 `session_busy` while another answer of the session is under way.
     */
    async accept(scope: Scope, input: ChatInput): Promise<AcceptedTurn> {
      if (runs.stopping)
        throw new AppError('shutting_down', 'The server is restarting. Try again shortly.', { retryAfterSeconds: 2 })
      const ids = { session: input.session_id ?? newId(), user: newId(), assistant: newId() }
      const begun = await beginTurn(db, scope, {
        projectId: input.project_id,
        sessionId: ids.session,
        isNewSession: !input.session_id,
        promptId: input.prompt_id ?? null,
        userMessageId: ids.user,
        assistantMessageId: ids.assistant,
        content: input.message,
        ownerId: runs.ownerId,
        maxMessages: maxHistoryMessages,
        maxChars: maxHistoryChars,
      })
      requireAccepted(begun)
      const turn = toTurn(ids, input.message, begun)
      const run = runs.start(scope.workspaceId, turn.assistant_message, () => choose(begun, input.message))
      return { turn, run }
    },

    /** Waits for an accepted turn; throws what made it fail, with the stored messages in the problem's members. */
    async complete({ turn, run }: AcceptedTurn): Promise<ChatTurn> {
      const { message, failure } = await run.ended
      if (failure === null) return { ...turn, assistant_message: message }
      throw new AppError(failure.code, failure.message, {
        ...(failure.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: failure.retryAfterSeconds }),
        members: { session_id: turn.session_id, message: turn.message, assistant_message: message },
        cause: failure,
      })
    },

    /** The run of an answer that this process is writing, or the answer as it is stored. */
    async find(scope: Scope, messageId: string): Promise<Run | Message> {
      return runs.find(scope.workspaceId, messageId) ?? requireAnswer(await sessions.message(scope, messageId))
    },

    message(scope: Scope, messageId: string): Promise<Message> {
      const run = runs.find(scope.workspaceId, messageId)
      return run ? Promise.resolve(run.message) : sessions.message(scope, messageId)
    },

    /** Stops an answer, keeping its text; one that has ended already is returned as it is. */
    async cancel(scope: Scope, messageId: string): Promise<Message> {
      const run = runs.find(scope.workspaceId, messageId)
      if (run) {
        run.stop('cancelled')
        return (await run.ended).message
      }
      const message = requireAnswer(await sessions.message(scope, messageId))
      if (message.state !== 'pending' && message.state !== 'streaming') return message
      await cancelTurn(db, scope, messageId)
      return sessions.message(scope, messageId)
    },
  }

  function choose(begun: BegunTurn, question: string): RunTarget {
    const { provider, model } = models.resolve({ provider: begun.provider, model: begun.model })
    const maxTokens = begun.max_tokens ?? defaults.maxTokens
    return {
      provider,
      model,
      request: {
        messages: toPrompt(begun, question),
        temperature: begun.temperature ?? defaults.temperature,
        maxTokens,
      },
    }
  }
}

/** What a stored, final answer ended with, in the form a live run ends with. */
export function storedResult(message: Message): RunResult {
  if (message.state === 'complete' || message.state === 'cancelled') return { message, failure: null }
  const code: ErrorCode = message.error_code ?? 'interrupted'
  return { message, failure: new AppError(code, 'The answer ended before it was complete. What had arrived is kept.') }
}

function requireAccepted(begun: BegunTurn): void {
  switch (begun.outcome) {
    case 'accepted':
      return
    case 'no_project':
      throw notFound('project')
    case 'no_session':
      throw notFound('session')
    case 'no_prompt':
      throw notFound('prompt')
    case 'busy':
      throw new AppError(
        'session_busy',
        'An answer of this session is still being written. Wait for it, or cancel it.',
        {
          members: { active_message_id: begun.busy_message },
        },
      )
    default:
      throw new Error(`unknown outcome ${begun.outcome satisfies never}`)
  }
}

function requireAnswer(message: Message): Message {
  if (message.role !== 'assistant') throw notFound('answer')
  return message
}

/** System prompt, then the history in order without answers that have no text, then the question. */
function toPrompt(begun: BegunTurn, question: string): ChatMessage[] {
  const messages: ChatMessage[] = begun.system_prompt === null ? [] : [{ role: 'system', content: begun.system_prompt }]
  for (const past of begun.history ?? []) if (past.content !== '') messages.push(past)
  messages.push({ role: 'user', content: question })
  return messages
}

function toTurn(
  ids: { session: string; user: string; assistant: string },
  content: string,
  begun: BegunTurn,
): ChatTurn {
  const timestamp = begun.created_at.toISOString()
  const common = { finish_reason: null, error_code: null, provider: null, model: null }
  const counts = { prompt_tokens: null, completion_tokens: null }
  return {
    session_id: ids.session,
    message: {
      id: ids.user,
      role: 'user',
      content,
      timestamp,
      chat_session_id: ids.session,
      seq: begun.seq,
      parent_id: begun.parent_id,
      state: 'complete',
      ...common,
      prompt_id: null,
      ...counts,
    },
    assistant_message: {
      id: ids.assistant,
      role: 'assistant',
      content: '',
      timestamp,
      chat_session_id: ids.session,
      seq: begun.seq + 1,
      parent_id: ids.user,
      state: 'pending',
      ...common,
      prompt_id: begun.prompt_id,
      ...counts,
    },
  }
}
