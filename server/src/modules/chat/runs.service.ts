import type { ErrorCode, FinishReason, Message } from '@chatbot-platform/contract'
import type { ChatRequest, Provider, ProviderEvent, TokenUsage } from '../../llm/provider.ts'
import type { Database } from '../../platform/database/database.ts'
import { AppError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { Logger } from '../../platform/logger.ts'
import { Run, type RunResult } from './run.ts'
import { type FinishedTurn, finishTurn, keepRuns, reapRuns, type TurnEnd } from './turn.repository.ts'

interface Deps {
  db: Database
  logger: Logger
}

/** Whom a run asks. The model is a promise where the provider has to be asked for its default first. */
export interface RunTarget {
  provider: Provider
  model: string | Promise<string>
  request: Omit<ChatRequest, 'model'>
}

export type RunsService = ReturnType<typeof createRunsService>

const keepIntervalMs = 1000
const leaseRenewalMs = 5000
const reapIntervalMs = 5000
const finishAttempts = 6

/**
 * The answers this process is writing. Once a second the text of all of them is stored in one statement, which also
 * renews their leases; every five seconds runs whose process has gone are marked interrupted.
 */
export function createRunsService({ db, logger }: Deps) {
  const ownerId = newId()
  const runs = new Map<string, Run>()
  let lastRenewal = 0
  let stopping = false
  let keeping = false
  const timers: NodeJS.Timeout[] = []

  return {
    /** Identifies this process as the owner of its runs. */
    ownerId,

    get size(): number {
      return runs.size
    },

    get stopping(): boolean {
      return stopping
    },

    find(workspaceId: string, messageId: string): Run | undefined {
      const run = runs.get(messageId)
      return run?.workspaceId === workspaceId ? run : undefined
    },

    /** Starts writing the stored, pending `message`. The run ends by itself; `choose` may throw what `RunResult.failure` reports. */
    start(workspaceId: string, message: Message, choose: () => RunTarget): Run {
      const run = new Run(workspaceId, message)
      runs.set(run.id, run)
      void write(run, choose)
      return run
    },

    /** Begins keeping and reaping. Marks at once what an earlier process left behind with an expired lease. */
    async open(): Promise<void> {
      await reap()
      timers.push(setInterval(keep, keepIntervalMs), setInterval(reap, reapIntervalMs))
    },

    /** Lets runs finish for `graceMs`, then stores what the rest have as interrupted. */
    async close(graceMs: number): Promise<void> {
      stopping = true
      const all = () => Promise.all([...runs.values()].map((run) => run.ended))
      let timer: NodeJS.Timeout | undefined
      const grace = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, graceMs)
      })
      await Promise.race([all(), grace])
      clearTimeout(timer)
      for (const run of runs.values()) run.stop('interrupted')
      await all()
      for (const interval of timers) clearInterval(interval)
    },
  }

  async function write(run: Run, choose: () => RunTarget): Promise<void> {
    const end = await answer(run, choose)
    const result = await store(run, end)
    runs.delete(run.id)
    run.end(result)
  }

  async function store(run: Run, { end, failure }: Ending): Promise<RunResult> {
    const message = toFinished(run.message, end)
    for (let attempt = 1; ; attempt++) {
      try {
        const finished = await finishTurn(db, run.workspaceId, run.id, ownerId, end)
        return finished.stored ? { message, failure } : endedElsewhere(message, finished)
      } catch (error) {
        if (attempt === finishAttempts) {
          logger.error({ err: error, message_id: run.id }, 'an answer could not be stored')
          return { message: { ...message, state: 'interrupted' }, failure: databaseAway(error) }
        }
        await new Promise((resolve) => setTimeout(resolve, 100 * 2 ** attempt))
      }
    }
  }

  async function keep(): Promise<void> {
    if (keeping) return
    const now = Date.now()
    const renewAll = now - lastRenewal >= leaseRenewalMs
    const due = [...runs.values()].filter((run) => renewAll || run.length > run.storedLength)
    if (due.length === 0) return
    keeping = true
    try {
      const lengths = due.map((run) => run.length)
      const owned = await keepRuns(
        db,
        ownerId,
        due.map((run) => ({
          workspaceId: run.workspaceId,
          messageId: run.id,
          content: run.length > run.storedLength ? run.text : null,
        })),
      )
      if (renewAll) lastRenewal = now
      due.forEach((run, index) => {
        run.storedLength = lengths[index] ?? run.storedLength
        if (!owned.has(run.id)) run.stop('fenced')
      })
    } catch (error) {
      logger.warn({ err: error, runs: due.length }, 'partial answers could not be stored; trying again')
    } finally {
      keeping = false
    }
  }

  async function reap(): Promise<void> {
    try {
      const count = await reapRuns(db)
      if (count > 0) logger.warn({ count }, 'answers of a process that is gone were marked interrupted')
    } catch (error) {
      logger.warn({ err: error }, 'looking for interrupted answers failed; trying again')
    }
  }
}

interface Ending {
  end: TurnEnd
  failure: AppError | null
}

interface Answered {
  provider: string | null
  model: string | null
}

/** Calls the model and gathers its answer into the run; says how it ended, and never throws. */
async function answer(run: Run, choose: () => RunTarget): Promise<Ending> {
  const by: Answered = { provider: null, model: null }
  try {
    const target = choose()
    by.provider = target.provider.id
    const model = await target.model
    by.model = model
    for await (const event of target.provider.chat({ ...target.request, model }, run.controller.signal)) {
      if (event.type === 'delta') run.append(event.text)
      else return finished(run, by, event)
    }
    throw new AppError('provider_truncated', 'The provider ended its answer without a finish.')
  } catch (error) {
    return failed(run, by, error)
  }
}

function finished(run: Run, by: Answered, event: Extract<ProviderEvent, { type: 'finish' }>): Ending {
  return {
    end: {
      ...base(run, by, event.usage),
      state: 'complete',
      finishReason: event.reason,
      model: event.model ?? by.model,
    },
    failure: null,
  }
}

function failed(run: Run, by: Answered, error: unknown): Ending {
  if (run.stopReason === 'cancelled') return { end: { ...base(run, by, null), state: 'cancelled' }, failure: null }
  if (run.stopReason === 'interrupted' || run.stopReason === 'fenced') {
    const failure = interrupted()
    return { end: { ...base(run, by, null), state: 'interrupted', errorCode: failure.code }, failure }
  }
  const failure =
    error instanceof AppError
      ? error
      : new AppError('internal', 'Something went wrong on our side while the answer was written.', { cause: error })
  return { end: { ...base(run, by, null), state: 'failed', errorCode: failure.code }, failure }
}

function base(run: Run, by: Answered, usage: TokenUsage | null) {
  return {
    content: run.text,
    finishReason: null as FinishReason | null,
    errorCode: null as ErrorCode | null,
    provider: by.provider,
    model: by.model,
    promptTokens: usage?.promptTokens ?? null,
    completionTokens: usage?.completionTokens ?? null,
  }
}

function toFinished(message: Message, end: TurnEnd): Message {
  return {
    ...message,
    content: end.content,
    state: end.state,
    finish_reason: end.finishReason,
    error_code: end.errorCode,
    provider: end.provider,
    model: end.model,
    prompt_tokens: end.promptTokens,
    completion_tokens: end.completionTokens,
  }
}

/** Another process, or the deletion of the session, ended this run first: what is stored counts. */
function endedElsewhere(message: Message, { state, content }: FinishedTurn): RunResult {
  if (state === 'cancelled')
    return { message: { ...message, state, content: content ?? '', error_code: null }, failure: null }
  const failure = interrupted()
  return {
    message: { ...message, state: 'interrupted', content: content ?? message.content, error_code: failure.code },
    failure,
  }
}

function interrupted(): AppError {
  return new AppError('interrupted', 'The answer was interrupted. What had arrived is kept.', { retryAfterSeconds: 1 })
}

function databaseAway(cause: unknown): AppError {
  return new AppError('database_unavailable', 'The answer could not be stored. Try again shortly.', {
    retryAfterSeconds: 2,
    cause,
  })
}
