import type { CallObserver } from '../../llm/gateway/call-observer.ts'
import type { ModelRegistry } from '../../llm/registry.ts'
import type { JobObserver } from '../../platform/jobs/job-observer.ts'
import type { Monitoring } from '../../platform/telemetry/monitoring.ts'
import type { RunObserver } from '../chat/run-observer.ts'
import { observeCalls } from './call-signals.ts'
import { observeJobs } from './job-signals.ts'
import { createModelLabels } from './model-labels.ts'
import { observeRuns } from './run-signals.ts'

export interface SignalsOptions {
  monitoring: Monitoring
  models: Pick<ModelRegistry, 'active'>
  /** Models that get a label of their own beside the providers' defaults. */
  namedModels: string[]
}

/** Observers of turns, of calls to providers and of jobs; `undefined` where nobody wants to know. */
export interface Signals {
  runs: RunObserver | undefined
  calls: CallObserver | undefined
  jobs: JobObserver | undefined
}

export function createSignals({ monitoring, models, namedModels }: SignalsOptions): Signals {
  const labels = createModelLabels(models.active(), namedModels)
  const isOff = monitoring.metrics === null && !monitoring.telemetry.reportsFaults && !monitoring.telemetry.tracing
  if (isOff) return { runs: undefined, calls: undefined, jobs: undefined }
  return {
    runs: observeRuns(monitoring, labels),
    calls: observeCalls(monitoring, labels),
    jobs: observeJobs(monitoring),
  }
}
