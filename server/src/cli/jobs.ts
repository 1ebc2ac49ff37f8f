import { parseArgs } from 'node:util'
import type { Database } from '../platform/database/database.ts'
import { forgetDead, listDead, retryDead } from '../platform/jobs/dead-jobs.ts'
import { readDepths } from '../platform/jobs/job-depths.ts'
import { commandNamed, runCommandLine, UsageError } from './command-line.ts'
import { withRuntimeDatabase } from './operator-session.ts'

const usage = `npm run jobs -- <command>

  list                  what the queues hold
  dead [queue]          the newest jobs whose last attempt failed, and why; --limit n shows so many (50)
  retry <queue> [id]    have them worked again, with all their repetitions
  forget <queue> [id]   drop them
`

type Command = (db: Database, args: readonly string[], limit: number) => Promise<void>

const commands: Record<string, { takes: [least: number, most: number]; run: Command }> = {
  list: { takes: [0, 0], run: list },
  dead: { takes: [0, 1], run: dead },
  retry: {
    takes: [1, 2],
    run: async ({ pool }, [queue = '', id]) => say(await retryDead(pool, queue, id), 'worked again'),
  },
  forget: {
    takes: [1, 2],
    run: async ({ pool }, [queue = '', id]) => say(await forgetDead(pool, queue, id), 'dropped'),
  },
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Runs `jobs <command>`; the exit code is 0, 1 for a failure, 2 for wrong usage. */
export function run(args: string[]): Promise<number> {
  return runCommandLine(usage, async () => {
    const options = { limit: { type: 'string', default: '50' } } as const
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options })
    const [name = '', ...rest] = positionals
    const command = commandNamed(commands, name)
    const [least, most] = command.takes
    if (rest.length < least || rest.length > most) throw new UsageError(`Not what ${name} takes.`)
    if (rest[1] !== undefined && !uuid.test(rest[1])) throw new UsageError(`"${rest[1]}" is no id of a job.`)
    const limit = Number(values.limit)
    if (!Number.isInteger(limit) || limit < 1) throw new UsageError('--limit takes a whole number from 1.')
    await withRuntimeDatabase((db) => command.run(db, rest, limit))
    return 0
  })
}

async function list({ pool }: Database): Promise<void> {
  const depths = await readDepths(pool)
  if (depths.length === 0) return console.log('No queue has been used yet.')
  const rows = depths.map(({ queue, waiting, active, dead, oldestWaitingSeconds }) =>
    [queue, waiting, active, dead, Math.round(oldestWaitingSeconds)].map(String),
  )
  printTable([['queue', 'waiting', 'active', 'dead', 'oldest (s)'], ...rows])
}

async function dead({ pool }: Database, [queue]: readonly string[], limit: number): Promise<void> {
  const jobs = await listDead(pool, queue, limit)
  if (jobs.length === 0) return console.log('There are none.')
  for (const { id, queue, payload, attempts, diedAt, error } of jobs) {
    console.log(`${diedAt.toISOString()}  ${queue}  ${id}  after ${attempts} attempts\n    ${error}`)
    console.log(`    ${JSON.stringify(payload)}`)
  }
}

function printTable(rows: readonly string[][]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  for (const row of rows) {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
    )
    console.log(cells.join('  '))
  }
}

function say(count: number, done: string): void {
  console.log(`${count} ${count === 1 ? 'job is' : 'jobs are'} ${done}.`)
}
