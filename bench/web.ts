import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from '@playwright/test'
import pg from 'pg'
import { pino } from 'pino'
import { startBrowser, type TestBrowser } from '../e2e/support/browser.ts'
import { scriptBudgetBytes, scriptsOf } from '../e2e/support/scripts.ts'
import { openEmbeddedPostgres } from '../server/src/platform/postgres/embedded-postgres.ts'
import { createChildren, serverEnv } from './children.ts'
import { percentile, round } from './support.ts'
import { answerText, endOf, longTitle, seed, type WebSeed } from './web-seed.ts'

/**
 * What a person feels of the web app: how much JavaScript a conversation loads, its first paint on a slow processor, how
 * fast a long conversation opens, and whether the page stays smooth while an answer streams in. Server, upstream and
 * browser share one machine.
 *
 * `npm run bench:web -- [messages of the long conversation]`
 */
const [longCount = 5000] = process.argv.slice(2).map(Number)
const slowdown = 4
const tokensPerSecond = 200
const streamSeconds = 24
/** How long each way of using the page is watched. */
const phaseMs = 5000
const children = createChildren()
const dataDir = await mkdtemp(join(tmpdir(), 'chatbot-bench-'))

interface Stage {
  browser: TestBrowser
  seeded: WebSeed
}

try {
  await main()
} finally {
  await children.stop()
  await rm(dataDir, { recursive: true, force: true })
}

async function main(): Promise<void> {
  const text = tokensOf(answerText, tokensPerSecond * streamSeconds)
  const upstream = await children.start('upstream.ts', [JSON.stringify({ text, delayMs: 1000 / tokensPerSecond - 1 })])
  const { url } = await children.start('serve.ts', [], serverEnv(dataDir, upstream.url))
  const database = await openEmbeddedPostgres({ dataDir, logger: pino({ level: 'silent' }) })
  const admin = new pg.Client({ connectionString: database.superuserUrl.replace('/postgres?', '/chatbot?') })
  await admin.connect()
  const browser = await startBrowser(url)
  try {
    const stage = { browser, seeded: await seed(url, admin, longCount) }
    console.log(`${cpus().length} cores, Node ${process.version}`)
    await measureBundle(stage)
    await measureFirstPaint(stage)
    await measureOpening(stage)
    await measureStreaming(stage)
  } finally {
    await browser.close()
    await admin.end()
  }
}

async function measureBundle(stage: Stage): Promise<void> {
  const { projectId, shortSessionId } = stage.seeded
  const page = await openBlank(stage)
  const path = `/app/chat/${projectId}/${shortSessionId}`
  const { totalBytes, files } = await scriptsOf(page, path, page.getByRole('log').getByText(endOf(2)))
  const budget = kilo(scriptBudgetBytes)
  console.log(`a conversation: ${kilo(totalBytes)} of scripts in ${files.length} files, gzip; budget ${budget}`)
  for (const { path: name, bytes } of files) console.log(`  ${kilo(bytes).padStart(9)}  ${name}`)
  await page.context().close()
}

async function measureFirstPaint(stage: Stage): Promise<void> {
  const paints: number[] = []
  const ready: number[] = []
  for (let load = 0; load < 5; load++) {
    const page = await openBlank(stage)
    const session = await page.context().newCDPSession(page)
    await session.send('Emulation.setCPUThrottlingRate', { rate: slowdown })
    await page.goto(`/app/chat/${stage.seeded.projectId}`)
    await composer(page).waitFor()
    ready.push(await page.evaluate<number>('performance.now()'))
    paints.push(await page.evaluate<number>('probe.firstPaint()'))
    await page.context().close()
  }
  console.log(
    `cold load, processor slowed ${slowdown} times: first paint ${summary(paints)}, ready to write ${summary(ready)}`,
  )
}

async function measureOpening({ browser, seeded }: Stage): Promise<void> {
  const cold: number[] = []
  const warm: number[] = []
  for (let time = 0; time < 5; time++) {
    const page = await openBlank({ browser, seeded })
    await page.goto(`/app/chat/${seeded.projectId}/${seeded.longSessionId}`)
    cold.push(await seen(page, seeded.longEnd))
    await page.goto(`/app/chat/${seeded.projectId}`)
    await composer(page).waitFor()
    await page.waitForLoadState('networkidle')
    await page.getByRole('link', { name: longTitle }).click()
    warm.push(await seen(page, seeded.longEnd))
    await page.context().close()
  }
  console.log(`${longCount} messages: open on a cold load ${summary(cold)}, from the list ${summary(warm)}`)
}

/** Reading, scrolling and typing at the end of the long conversation while an answer comes. */
async function measureStreaming(stage: Stage): Promise<void> {
  const { seeded } = stage
  const page = await openBlank(stage)
  await page.goto(`/app/chat/${seeded.projectId}/${seeded.longSessionId}`)
  await seen(page, seeded.longEnd)
  await page.waitForLoadState('networkidle')
  await report(page, 'nothing happens', () => page.waitForTimeout(phaseMs))
  await composer(page).fill('And in summer?')
  const began = performance.now()
  await composer(page).press('Enter')
  const stop = page.getByRole('button', { name: 'Stop the answer' })
  await stop.waitFor()
  await page.waitForTimeout(1000)
  await report(page, 'an answer streams in', () => page.waitForTimeout(phaseMs))
  await report(page, '… and somebody types', () => type(page))
  await report(page, '… and somebody scrolls', () => scroll(page))
  if (!(await stop.isVisible())) console.log('the answer ended before the measurements did')
  await stop.waitFor({ state: 'detached', timeout: 60_000 })
  const seconds = (performance.now() - began) / 1000
  console.log(
    `${tokensPerSecond * streamSeconds} tokens in ${round(seconds)} s: ${round((tokensPerSecond * streamSeconds) / seconds, 0)} a second`,
  )
  await page.context().close()
}

async function type(page: Page): Promise<void> {
  await composer(page).focus()
  await during(phaseMs, async (step) => {
    await page.keyboard.press(step % 6 === 5 ? 'Space' : 'a')
    await page.waitForTimeout(40)
  })
}

async function scroll(page: Page): Promise<void> {
  await page.getByRole('log').hover()
  await during(phaseMs, async (_step, share) => {
    await page.mouse.wheel(0, share < 0.5 ? -160 : 160)
    await page.waitForTimeout(40)
  })
}

/** Repeats a step, which is told how much of the time is over. */
async function during(durationMs: number, step: (index: number, share: number) => Promise<void>): Promise<void> {
  const began = performance.now()
  for (let index = 0; performance.now() - began < durationMs; index++) {
    await step(index, (performance.now() - began) / durationMs)
  }
}

interface Felt {
  frames: number[]
  longTasks: number[]
  keys: number[]
}

async function report(page: Page, name: string, work: () => Promise<void>): Promise<void> {
  await page.evaluate('probe.start()')
  await work()
  const { frames, longTasks, keys } = await page.evaluate<Felt>('probe.end()')
  const seconds = frames.reduce((sum, frame) => sum + frame, 0) / 1000
  const lag = keys.length > 0 ? `, slowest key ${round(Math.max(...keys), 0)} ms` : ''
  const longest = longTasks.length > 0 ? `, the longest ${round(Math.max(...longTasks), 0)} ms` : ''
  console.log(
    `${name}: ${round(frames.length / seconds, 0)} frames a second, p99 ${round(at(frames, 0.99), 0)} ms, ${longTasks.length} tasks over 50 ms${longest}${lag}`,
  )
}

/** A signed-in window with the probe, at a page of the server that is not the app, so that nothing is loaded yet. */
async function openBlank({ browser, seeded }: Stage): Promise<Page> {
  const { page } = await browser.open('/favicon.svg', { user: seeded.user, viewport: { width: 1280, height: 800 } })
  await page.addInitScript({ path: fileURLToPath(new URL('web-probe.js', import.meta.url)) })
  return page
}

function composer(page: Page) {
  return page.getByRole('textbox', { name: 'Message' })
}

function seen(page: Page, text: string): Promise<number> {
  return page.evaluate<number>(`probe.seen(${JSON.stringify(text)})`)
}

/** That many pieces of about a word each. */
function tokensOf(text: string, count: number): string[] {
  const words = text.match(/\s*\S+\s*/g) ?? []
  return Array.from({ length: count }, (_, index) => words[index % words.length] ?? '')
}

function summary(values: number[]): string {
  return `median ${round(at(values, 0.5), 0)} ms, slowest ${round(Math.max(...values), 0)} ms`
}

function kilo(bytes: number): string {
  return `${round(bytes / 1000)} kB`
}

function at(values: number[], share: number): number {
  return percentile(
    values.toSorted((a, b) => a - b),
    share,
  )
}
