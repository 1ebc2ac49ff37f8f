import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeAccount } from './account.ts'
import { createChildren, serverEnv } from './children.ts'
import { isAnswered, openAgent, openLoop, type Sender, type Shot, senderOf, shoot, timeOf } from './open-loop.ts'
import { type Service, startService } from './service.ts'
import { round } from './support.ts'

/**
 * What many processes carry, and what happens when more comes: turns per second of 1, 2 and 3 processes; twice the peak
 * for 20 seconds (what is still answered, how soon the rest is refused, when it is over); and what ten tenants notice of
 * one that sends ten times its share. Upstream, database, server and load share the machine.
 *
 * `npm run bench:scale -- [processes | overload | neighbour] [WORKERS of the last two]`; without the first all three.
 */
const [part = 'all', workers = '1'] = process.argv.slice(2)
const crowds = [32, 64, 128]
const peakSeconds = 5
/** A process that has just started is slower than it will be. */
const warmUpSeconds = 10
/** By then whoever sees a crowd coming has seen it. */
const surpriseSeconds = 2
const overloadSeconds = 20
const afterSeconds = 12
const neighbours = 10
const neighbourRounds = 6
const neighbourSeconds = 8
const children = createChildren()
const agent = openAgent()

try {
  await main()
} finally {
  await agent.close()
  await children.stop()
}

async function main(): Promise<void> {
  const { url } = await children.start('upstream.ts', [JSON.stringify({ text: ['Hello', ' there', '.'] })])
  console.log(`${cpus().length} cores, Node ${process.version}`)
  if (part === 'all' || part === 'processes') {
    for (const count of ['1', '2', '3']) {
      await serving(
        url,
        count,
        async (service) => void (await peakOf([await senderFor(service, 'a')], `${count} processes`)),
      )
    }
  }
  if (part === 'all' || part === 'overload') await serving(url, workers, overload)
  if (part === 'all' || part === 'neighbour') await serving(url, workers, noisyNeighbour)
}

async function serving(upstream: string, count: string, measure: (service: Service) => Promise<void>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'chatbot-bench-'))
  // The gate is what is measured, so it is as the product has it.
  const service = await startService({
    ...serverEnv(dataDir, upstream),
    TURN_TARGET_MS: process.env.TURN_TARGET_MS ?? '',
    WORKERS: count,
  })
  try {
    await measure(service)
  } finally {
    await service.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function senderFor({ url }: Service, name: string): Promise<Sender> {
  return senderOf(url, await makeAccount(url, `${name}@example.com`))
}

/** The most turns a second of clients that wait for their answers, over several numbers of them. */
async function peakOf(senders: Sender[], name: string): Promise<number> {
  let peak = 0
  for (const clients of crowds) {
    await closedLoop(senders, clients, 1)
    const shots = await closedLoop(senders, clients, peakSeconds)
    const perSecond = shots.filter(isAnswered).length / peakSeconds
    const figures = `${round(perSecond, 0)} turns/s, p50 ${ms(shots, 0.5)}, p99 ${ms(shots, 0.99)}`
    console.log(`${name}, ${clients} clients: ${figures}${others(shots)}`)
    peak = Math.max(peak, perSecond)
  }
  return peak
}

async function closedLoop(senders: Sender[], clients: number, seconds: number): Promise<Shot[]> {
  const shots: Shot[] = []
  const endMs = performance.now() + seconds * 1000
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      const sender = senders[client % senders.length]
      while (sender && performance.now() < endMs) {
        const shot = await shoot(sender, agent)
        if (performance.now() < endMs) shots.push(shot)
        // As a client should that is asked to wait, in a shorter time.
        if (!isAnswered(shot)) await sleep(50)
      }
    }),
  )
  return shots
}

async function overload(service: Service): Promise<void> {
  const senders = await Promise.all(['a', 'b', 'c', 'd'].map((name) => senderFor(service, name)))
  const name = `overload (${workers} processes)`
  await closedLoop(senders, 64, warmUpSeconds)
  const before = await peakOf(senders, name)
  const normal = await openLoop({ senders, agent, perSecond: before / 2, seconds: 6 })
  console.log(`${name}, half of the peak: p50 ${ms(normal, 0.5)}, p99 ${ms(normal, 0.99)}${others(normal)}`)
  const beganMs = performance.now()
  const usage = process.cpuUsage()
  // Goes on at half of the peak while the answers of the crowd are still on their way.
  const crowd = openLoop({ senders, agent, perSecond: 2 * before, seconds: overloadSeconds })
  await sleep(overloadSeconds * 1000)
  const overMs = performance.now()
  const { user, system } = process.cpuUsage(usage)
  const after = await openLoop({ senders, agent, perSecond: before / 2, seconds: afterSeconds })
  const shots = await crowd
  await sleep(1000)
  const peak = (before + (await peakOf(senders, `${name}, afterwards`))) / 2
  const answered = shots.filter((shot) => isAnswered(shot) && shot.atMs + shot.tookMs <= overMs)
  const goodput = answered.length / ((overMs - beganMs) / 1000)
  const share = (user + system) / 1000 / ((overMs - beganMs) * cpus().length)
  const refused = shots.filter(({ status }) => status === 503)
  console.log(
    `${name}: ${round(shots.length / overloadSeconds, 0)} turns/s came, ${round(goodput, 0)} were answered ` +
      `(${round((100 * goodput) / peak, 0)} % of the mean peak of ${round(peak, 0)}), p50 ${ms(answered, 0.5)}, p99 ${ms(answered, 0.99)}; ` +
      `to send all that took ${round(100 * share, 0)} % of the machine`,
  )
  const retryAfter = refused.map((shot) => shot.retryAfter).sort((a, b) => a - b)
  console.log(
    `${name}: refused ${quantiles(refused)}, Retry-After ${retryAfter[0]} to ${retryAfter.at(-1)} s${others(shots)}`,
  )
  const later = refused.filter(({ atMs }) => atMs > beganMs + surpriseSeconds * 1000)
  console.log(`${name}: refused after the first ${surpriseSeconds} s ${quantiles(later)}`)
  console.log(`${name}: normal again ${calmAfter(after, normal, overMs)}`)
}

/** Once the median of a second is within 1.5 times, its p99 within twice what it was before, and nothing is refused. */
function calmAfter(after: Shot[], normal: Shot[], overMs: number): string {
  let last = ''
  const [p50, p99] = [timeOf(normal, 0.5) * 1.5, timeOf(normal, 0.99) * 2]
  for (let second = 0; second < afterSeconds; second++) {
    const shots = after.filter(({ atMs }) => Math.floor((atMs - overMs) / 1000) === second)
    const isCalm = timeOf(shots, 0.5) <= p50 && timeOf(shots, 0.99) <= p99 && shots.every(isAnswered)
    if (isCalm) return `within ${second + 1} s`
    last = `${quantiles(shots)}${others(shots)}`
  }
  return `not within ${afterSeconds} s; then ${last}`
}

/** Ten tenants at a steady rate, half of the peak together; in every second measurement one more at ten times theirs. */
async function noisyNeighbour(service: Service): Promise<void> {
  const steady: Sender[] = []
  for (let count = 0; count < neighbours; count++) steady.push(await senderFor(service, `steady-${count}`))
  const heavy = await senderFor(service, 'heavy')
  const name = `neighbour (${workers} processes)`
  await closedLoop(steady, 64, warmUpSeconds)
  const perSecond = (await peakOf(steady, name)) / 2
  const share = perSecond / neighbours
  const alone: Shot[] = []
  const beside: Shot[] = []
  const noise: Shot[] = []
  for (let count = 0; count < neighbourRounds; count++) {
    const load = { senders: steady, agent, perSecond, seconds: neighbourSeconds }
    alone.push(...(await openLoop(load)))
    const crowd = openLoop({ ...load, senders: [heavy], perSecond: share * 10 })
    beside.push(...(await openLoop(load)))
    noise.push(...(await crowd))
    await sleep(1000)
  }
  console.log(
    `${name}, ten at ${round(share)} turns/s each: p50 ${ms(alone, 0.5)}, p99 ${ms(alone, 0.99)}${others(alone)}`,
  )
  console.log(
    `${name}, beside one at ${round(share * 10)} turns/s: p50 ${ms(beside, 0.5)}, p99 ${ms(beside, 0.99)}${others(beside)}`,
  )
  console.log(`${name}: p99 is ${round(timeOf(beside, 0.99) / timeOf(alone, 0.99), 2)} of what it is without it`)
  const answered = noise.filter(isAnswered)
  console.log(
    `${name}, the one: ${answered.length} of ${noise.length} answered, p50 ${ms(answered, 0.5)}, p99 ${ms(answered, 0.99)}${others(noise)}`,
  )
}

function quantiles(shots: Shot[]): string {
  return [0.5, 0.9, 0.99].map((share) => `p${share * 100} ${ms(shots, share)}`).join(', ')
}

function ms(shots: Shot[], share: number): string {
  return `${round(timeOf(shots, share), 1)} ms`
}

/** How many had another answer than the wanted one, by status. */
function others(shots: Shot[]): string {
  const by = Map.groupBy(
    shots.filter((shot) => !isAnswered(shot)),
    ({ status }) => status,
  )
  return [...by].map(([status, { length }]) => `, ${length} × ${status === 0 ? 'no answer' : status}`).join('')
}
