import { setTimeout as sleep } from 'node:timers/promises'
import type { Message } from '@chatbot-platform/contract'
import type { ModelGateway } from '../../llm/gateway/gateway.ts'
import { isDataError } from '../../platform/database/database.ts'
import type { Notifications } from '../../platform/database/notifications.ts'
import { AppError } from '../../platform/errors.ts'
import type { Logger } from '../../platform/logger.ts'
import { cited } from '../knowledge/citations.ts'
import { answer, bareEnd, type Ending, interrupted, type RunCall } from './model-answer.ts'
import { Run, type RunResult } from './run.ts'
import { RunKeeper } from './run-keeper.ts'
import type { RunObserver, RunPhase, WrittenRun } from './run-observer.ts'
import type { BudgetWarning, FinishedTurn, RunAccount, TurnEnd, TurnRepository } from './turn.repository.ts'

interface Deps {
  turns: TurnRepository
  gateway: Pick<ModelGateway, 'chat'>
  notices: Pick<Notifications, 'listen'>
  logger: Logger
  observer?: RunObserver | undefined
}

export type RunsService = ReturnType<typeof createRunsService>

const reapIntervalMs = 5000
const forgetIntervalMs = 3_600_000
/** How long an answer that cannot be stored is kept in memory. */
const finishPatienceMs = 60_000
const longestPauseMs = 2000
const watchIntervalMs = 3000

/**
 * The answers this process is writing, and word of those that others write. Every five seconds runs whose process has
 * gone are marked interrupted.
 */
export function createRunsService({ turns, gateway, notices, logger, observer }: Deps) {
  const runs = new Map<string, Run>()
  const keeper = new RunKeeper(turns, logger)
  const followers = new Map<string, Set<() => void>>()
  const timers: NodeJS.Timeout[] = []
  const acceptances = new Set<Promise<void>>()
  let stopping = false
  notices.listen('runs', hear)

  return {
    get size(): number {
      return runs.size
    },

    /** How many runs of this process are in each phase. */
    phases(): Record<RunPhase, number> {
      const count = { pending: 0, waiting: 0, streaming: 0 }
      for (const run of runs.values()) count[phaseOf(run)]++
      return count
    },

    get stopping(): boolean {
      return stopping
    },

    find(workspaceId: string, messageId: string): Run | undefined {
      const run = runs.get(messageId)
      return run?.workspaceId === workspaceId ? run : undefined
    },

    /** Starts writing the stored, pending `message`. The run ends by itself. */
    start(workspaceId: string, message: Message, call: RunCall): Run {
      const run = new Run(workspaceId, message)
      run.isPreparing = call.prepare !== undefined
      runs.set(run.id, run)
      keeper.add(run)
      const work = () => write(run, call)
      void (observer ? observer.around(run, call.account, work) : work())
      return run
    },

    /**
     * Calls `changed` when another process has stored more of a message or ended it, soon after it did; until the
     * returned function is called. Word may get lost: look now and then as well.
     */
    follow(messageId: string, changed: () => void): () => void {
      const others = followers.get(messageId) ?? new Set()
      followers.set(messageId, others.add(changed))
      const ask = () => turns.tell('watch', messageId).catch(() => undefined)
      const timer = setInterval(ask, watchIntervalMs)
      void ask()
      return () => {
        clearInterval(timer)
        others.delete(changed)
        if (others.size === 0) followers.delete(messageId)
      }
    },

    /**
     * Begins keeping and reaping. Marks at once what an earlier process left behind: with an expired lease, or, where
     * this is known to be the only process, with any.
     */
    async open({ isSoleProcess }: { isSoleProcess: boolean }): Promise<void> {
      await reap(isSoleProcess)
      keeper.open()
      timers.push(setInterval(reap, reapIntervalMs, false), setInterval(forget, forgetIntervalMs))
    },

    /**
     * Marks the runs of processes that are known to have ended as interrupted, without waiting for their leases. False when
     * that has to be left to the leases.
     */
    async giveUp(ownerIds: string[]): Promise<boolean> {
      try {
        await turns.giveUp(ownerIds)
      } catch (error) {
        logger.warn(
          { err: error },
          'the runs of a process that is gone could not be given up; their leases will expire',
        )
        return false
      }
      await reap(false)
      return true
    },

    /** Runs the acceptance of a turn; `close` waits for those under way, so that no run starts behind its back. */
    accept<T>(work: () => Promise<T>): Promise<T> {
      const accepting = work()
      const settled = accepting.then(
        () => undefined,
        () => undefined,
      )
      acceptances.add(settled)
      void settled.then(() => acceptances.delete(settled))
      return accepting
    },

    /** Lets runs finish for `graceMs`, then stores what the rest have as interrupted. */
    async close(graceMs: number): Promise<void> {
      stopping = true
      await Promise.all(acceptances)
      const all = () => Promise.all([...runs.values()].map((run) => run.ended))
      let timer: NodeJS.Timeout | undefined
      const grace = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, graceMs)
      })
      await Promise.race([all(), grace])
      clearTimeout(timer)
      for (const run of runs.values()) run.stop('interrupted')
      await all()
      keeper.close()
      for (const interval of timers) clearInterval(interval)
    },
  }

  async function write(run: Run, call: RunCall): Promise<WrittenRun> {
    const ending = await answer(run, call, gateway)
    if (ending.failure?.code === 'internal')
      logger.error({ err: ending.failure.cause, message_id: run.id }, 'a run failed')
    const watched = await keeper.release(run)
    const result = await store(run, call, ending, watched)
    runs.delete(run.id)
    run.end(result)
    return { result, end: ending.end }
  }

  /**
   * Stores the end of a run, patiently: the database may be away for a while, and the answer is here. What the database
   * refuses is left out: the text stays, and the answer counts as failed.
   */
  async function store(run: Run, { account }: RunCall, ending: Ending, watched: boolean): Promise<RunResult> {
    const target = { workspaceId: run.workspaceId, id: run.id, account }
    const deadline = performance.now() + finishPatienceMs
    let { end, failure } = ending
    for (let attempt = 1; ; attempt++) {
      const message = toFinished(run.message, end)
      try {
        const finished = await turns.finish(target, end, watched)
        if (finished.stored) warn(run, account, finished.warnings)
        return finished.stored ? { message, failure } : endedElsewhere(run, finished)
      } catch (error) {
        if (performance.now() > deadline || (isDataError(error) && end !== ending.end)) {
          logger.error({ err: error, message_id: run.id }, 'an answer could not be stored')
          return { message: { ...message, state: 'interrupted' }, failure: databaseAway(error) }
        }
        if (isDataError(error)) {
          logger.error({ err: error, message_id: run.id }, 'an answer was refused by the database')
          failure = new AppError('internal', 'The answer could not be stored as it came.', { cause: error })
          end = bareEnd(run, failure.code)
        } else await sleep(Math.min(longestPauseMs, 100 * 2 ** attempt))
      }
    }
  }

  function warn({ workspaceId }: Run, { projectId }: RunAccount, warnings: BudgetWarning[] | null | undefined): void {
    for (const { budget, period } of warnings ?? []) {
      logger.warn({ workspace_id: workspaceId, project_id: projectId, budget, period }, 'a budget is nearly used up')
    }
  }

  function hear(payload: string): void {
    const [word, id = ''] = payload.split(' ')
    if (word === 'watch' || word === 'cancel') {
      keeper.watch(id)
      if (word === 'cancel') runs.get(id)?.stop('cancelled')
      return
    }
    if (word === 'ended') runs.get(id)?.stop('fenced')
    for (const changed of followers.get(id) ?? []) changed()
  }

  async function reap(isSoleProcess: boolean): Promise<void> {
    try {
      const count = await turns.reap(isSoleProcess, [...runs.keys()])
      if (count > 0) logger.warn({ count }, 'answers of a process that is gone were marked interrupted')
    } catch (error) {
      logger.warn({ err: error }, 'looking for interrupted answers failed; trying again')
    }
  }

  async function forget(): Promise<void> {
    await turns.forgetKeys().catch((error: unknown) => logger.warn({ err: error }, 'forgetting old keys failed'))
  }
}

function phaseOf(run: Run): RunPhase {
  if (run.status !== null) return 'waiting'
  return run.firstTokenMs === null ? 'pending' : 'streaming'
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
    cost: end.cost,
    served_because: end.servedBecause,
    first_token_ms: end.firstTokenMs,
  }
}

/** Another process, or the deletion of the session, ended this run first: what is stored counts. */
function endedElsewhere(run: Run, found: Exclude<FinishedTurn, { stored: true }>): RunResult {
  const content = found.content ?? run.text
  const message = cited({ ...run.message, content }, run.citations ?? [])
  if (found.state === 'cancelled') {
    return { message: { ...message, state: 'cancelled', error_code: null }, failure: null }
  }
  const failure = interrupted()
  return { message: { ...message, state: 'interrupted', error_code: failure.code }, failure }
}

function databaseAway(cause: unknown): AppError {
  return new AppError('database_unavailable', 'The answer could not be stored. Try again shortly.', {
    retryAfterSeconds: 2,
    cause,
  })
}
