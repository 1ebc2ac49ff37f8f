import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../support/app.ts'
import { untilIndexed } from '../support/search.ts'
import { type AttackReport, attack } from './attack.ts'
import { rowsOf } from './rows.ts'
import { createTenant, type Tenant } from './tenants.ts'

// `npm run isolation -- --attempts 200000 --seed 7` runs this file for longer.
const attempts = Number(process.env.ISOLATION_ATTEMPTS ?? 5000)
const seed = Number(process.env.ISOLATION_SEED ?? 1)
const timeoutMs = 60_000 + attempts * 40
const victimCount = 5

let app: TestApp
let victims: Tenant[]
let before: Record<string, string>
let report: AttackReport

beforeAll(async () => {
  app = await startTestApp({
    // Documents stay as they are uploaded, so that rows do not change by themselves.
    env: { RUN_JOBS: 'false' },
  })
  victims = []
  while (victims.length < victimCount) victims.push(await createTenant(app))
  await untilIndexed(app)
  before = await rowsOf(app.database, victims)
  report = await attack({ app, victims, attempts, seed })
  process.stdout.write(`isolation: seed ${seed}, ${report.attempts} attempts in ${report.ways} ways\n`)
}, timeoutMs)
afterAll(() => app?.close())

describe(`reaching for other tenants (ISOLATION_SEED=${seed})`, () => {
  test('tells nothing, and answers as if there were nothing', () => {
    expect([...new Set(report.leaks)]).toEqual([])
    expect(report.attempts).toBe(attempts)
  })

  test('was tried at every place', () => {
    expect(report.ways).toBeGreaterThan(150)
    expect(report.attempts).toBeGreaterThan(report.ways)
    expect(report.succeeded).toBeGreaterThan(report.attempts / 10)
  })

  test('leaves every row of theirs as it was', async () => {
    expect(await rowsOf(app.database, victims)).toEqual(before)
  })

  test('keeps nothing from them: each still reads its own', async () => {
    for (const { user, ids, word } of victims) {
      const headers = { authorization: `Bearer ${user.token}` }
      const exported = await fetch(`${app.url}/sessions/${ids.session_id}/export?format=json`, { headers })
      expect(await exported.text()).toContain(word)
    }
  })
})
