// `npm run torture -- --cycles 200 --seed 1`: kills the server under load and proves that nothing acknowledged is lost.
import { parseArgs } from 'node:util'
import { type TortureReport, torture } from './torture.ts'

const mostShown = 20

/**
 * Runs the torture with the arguments of a command line and prints the report. Returns the exit code: 0 when every
 * promise was kept.
 */
export async function main(args: string[], print = (line: string) => void process.stdout.write(`${line}\n`)) {
  const { values } = parseArgs({
    args,
    allowNegative: true,
    options: {
      cycles: { type: 'string', default: '20' },
      'postgres-restarts': { type: 'string', default: '0' },
      seed: { type: 'string', default: '1' },
      clients: { type: 'string', default: '12' },
      'ready-seconds': { type: 'string', default: '5' },
      idempotency: { type: 'boolean', default: true },
    },
  })
  const seed = wholeNumber('seed', values.seed)
  const startedAt = performance.now()
  const report = await torture({
    cycles: wholeNumber('cycles', values.cycles),
    postgresRestarts: wholeNumber('postgres-restarts', values['postgres-restarts']),
    seed,
    clients: wholeNumber('clients', values.clients),
    readyLimitMs: wholeNumber('ready-seconds', values['ready-seconds']) * 1000,
    usesKeys: values.idempotency,
    say: print,
  })
  for (const line of describe(report, seed, (performance.now() - startedAt) / 1000)) print(line)
  return report.violations.length === 0 ? 0 : 1
}

function describe(report: TortureReport, seed: number, seconds: number): string[] {
  const ready = report.readyMs.toSorted((a, b) => a - b)
  const rows: [string, string | number][] = [
    ...Object.entries(report.kills).map(([target, count]): [string, number] => [`killed: ${target}`, count]),
    ['ready again, median', `${Math.round(ready[Math.floor(ready.length / 2)] ?? 0)} ms`],
    ['ready again, slowest', `${Math.round(ready.at(-1) ?? 0)} ms`],
    ...Object.entries(report.tally).toSorted(([a], [b]) => a.localeCompare(b)),
    ['acknowledgements in the ledger', report.acknowledged],
    ['until no answer was under way', `${Math.round(report.settledMs)} ms`],
    ['seconds in all', Math.round(seconds)],
    ['violations', report.violations.length],
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  const table = rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`)
  if (report.violations.length === 0) return ['', ...table, '', 'Nothing acknowledged was lost or altered.']
  return [
    '',
    ...table,
    '',
    ...report.violations.slice(0, mostShown).map((violation) => `  - ${violation}`),
    '',
    `FAILED at cycle ${report.failedCycle} with --seed ${seed}. The data, the ledger and the log are in ${report.folder}.`,
  ]
}

function wholeNumber(name: string, value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new Error(`--${name} must be a whole number, and is ${value}.`)
  return Number(value)
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2))
