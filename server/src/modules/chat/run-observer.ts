import type { Run, RunResult } from './run.ts'
import type { RunAccount, TurnEnd } from './turn.repository.ts'

/** Where a run stands: nobody has answered yet, it waits for its provider's limit, or text is coming. */
export type RunPhase = 'pending' | 'waiting' | 'streaming'

/** A run that is over: what it was stored as, and what it used. */
export interface WrittenRun {
  result: RunResult
  end: TurnEnd
}

/** Told of every run of this process, for metrics and traces. */
export interface RunObserver {
  /** Has to call `work` once, at once; what it starts belongs to this run. Never rejects unless `work` does. */
  around(run: Run, account: RunAccount, work: () => Promise<WrittenRun>): Promise<unknown>
}
