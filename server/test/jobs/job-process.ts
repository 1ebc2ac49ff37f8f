// A process that works the queue `crash`, so that a test can kill or freeze it. The arguments are the database's URL and
// how long a job takes in milliseconds. Tells what it does.
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { openDatabase } from '../../src/platform/database/database.ts'
import { createJobs } from '../../src/platform/jobs/create-jobs.ts'
import { jobQueue } from '../../src/platform/jobs/jobs.ts'

const [, , databaseUrl = '', takesMs = '0'] = process.argv
const logger = pino({ level: 'silent' })
const db = openDatabase({ url: databaseUrl, poolSize: 2, logger })
const jobs = createJobs({
  db,
  databaseUrl,
  logger,
  pace: { heartbeatSeconds: 10, superviseSeconds: 1, pollSeconds: 1 },
  observer: {
    ended: (_queue, outcome) => void process.send?.({ event: outcome }),
    died: () => undefined,
  },
})
jobs.work(jobQueue({ name: 'crash', retryLimit: 1, retryDelaySeconds: 1 }), async (_payload, { attempt }) => {
  process.send?.({ event: 'began', attempt })
  await sleep(Number(takesMs))
})
process.on('disconnect', () => process.exit())
await jobs.open({ work: true })
process.send?.({ event: 'open' })
