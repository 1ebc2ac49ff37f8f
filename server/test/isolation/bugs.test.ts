import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../support/app.ts'
import { untilIndexed } from '../support/search.ts'
import { attack } from './attack.ts'
import { bugs, dropSecondWall, type Saboteur, sabotage } from './bugs.ts'
import { rowsOf } from './rows.ts'
import { createTenant, type Tenant } from './tenants.ts'

// A battery that finds nothing proves something only if it finds what is there. Row-level security is off here: with it,
// none of these mistakes would be seen from outside.
const timeoutMs = 180_000
const oneOfEveryWay = 400

let app: TestApp
let saboteur: Saboteur
let victim: Tenant

beforeAll(async () => {
  app = await startTestApp({
    // Documents stay as they are uploaded, so that rows do not change by themselves.
    env: { RUN_JOBS: 'false' },
  })
  await dropSecondWall(app)
  saboteur = sabotage(app)
  victim = await createTenant(app)
})
afterAll(() => app?.close())

async function findings(seed: number, untilLeak: boolean): Promise<string[]> {
  await untilIndexed(app)
  const before = await rowsOf(app.database, [victim])
  const { leaks } = await attack({ app, victims: [victim], attempts: oneOfEveryWay, seed, senders: 1, untilLeak })
  const after = await rowsOf(app.database, [victim])
  const changed = Object.keys(before).filter((table) => before[table] !== after[table])
  return [...leaks, ...changed.map((table) => `rows of ${table} are not as they were`)]
}

test('the application alone keeps tenants apart', { timeout: timeoutMs }, async () => {
  expect(await findings(1, false)).toEqual([])
})

describe('the battery notices that', () => {
  test.each(bugs.map((bug, index) => ({ ...bug, bug, seed: index + 2 })))(
    '$name',
    { timeout: timeoutMs },
    async ({ bug, seed }) => {
      let found: string[] = []
      await saboteur.withBug(bug, victim.claims.wid, async () => {
        found = await findings(seed, true)
      })
      // It may have cost the victim something.
      victim = await createTenant(app)
      expect(found.length).toBeGreaterThan(0)
    },
  )
})
