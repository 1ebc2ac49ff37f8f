import type { JobObserver } from '../../platform/jobs/job-observer.ts'
import type { JobDepth, Jobs } from '../../platform/jobs/jobs.ts'
import type { Metrics } from '../../platform/telemetry/metrics.ts'
import type { Monitoring } from '../../platform/telemetry/monitoring.ts'

/** Upper bounds in seconds: from a chore of one statement to a book that is read. */
const durations = [0.01, 0.05, 0.25, 1, 5, 15, 60, 300, 900]

/** Counts and times attempts at jobs, each when it has ended, and reports jobs that have died. */
export function observeJobs({ metrics, telemetry }: Monitoring): JobObserver {
  const by = ['queue', 'outcome'] as const
  const durationHelp = 'Time that attempts at jobs took, by outcome.'
  const duration = metrics?.histogram('chatbot_job_duration_seconds', durationHelp, by, durations)
  const failed = metrics?.counter('chatbot_jobs_failed_total', 'Attempts at jobs that failed.', ['queue'])
  const died = metrics?.counter('chatbot_jobs_dead_total', 'Jobs whose last attempt failed.', ['queue'])

  return {
    ended(queue, outcome, seconds) {
      duration?.observe({ queue, outcome }, seconds)
      if (outcome === 'failed') failed?.add({ queue })
    },
    died(queue, error) {
      died?.add({ queue })
      telemetry.reportFault(new Error(`A job died: ${error}`), { job: queue })
    },
  }
}

/** A scrape shows what the one before made known, so that it never waits for the database. */
const freshMs = 5000

/** What the queues hold, which is the same whichever process says it. */
export function registerJobGauges(metrics: Metrics, jobs: Pick<Jobs, 'depths'>): void {
  let known: JobDepth[] = []
  let lookedAtMs = Number.NEGATIVE_INFINITY
  look()
  metrics.gauge('chatbot_jobs', 'Jobs by queue and state; dead ones wait for the operator.', ['queue', 'state'], () => {
    look()
    return known.flatMap(({ queue, waiting, active, dead }): [{ queue: string; state: string }, number][] => [
      [{ queue, state: 'waiting' }, waiting],
      [{ queue, state: 'active' }, active],
      [{ queue, state: 'dead' }, dead],
    ])
  })
  const oldestHelp = 'How long the oldest job that could be worked has been waiting.'
  metrics.gauge('chatbot_jobs_oldest_waiting_seconds', oldestHelp, ['queue'], () =>
    known.map(({ queue, oldestWaitingSeconds }) => [{ queue }, oldestWaitingSeconds]),
  )

  function look(): void {
    if (performance.now() - lookedAtMs < freshMs) return
    lookedAtMs = performance.now()
    jobs.depths().then(
      (depths) => {
        known = depths
      },
      // Numbers that nobody can vouch for any more are left out.
      () => {
        known = []
      },
    )
  }
}
