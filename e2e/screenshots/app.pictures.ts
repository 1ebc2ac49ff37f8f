import { fileURLToPath } from 'node:url'
import { type Page, expect as see } from '@playwright/test'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Window } from '../support/browser.ts'
import { createWorld, type World } from './world.ts'

const folder = fileURLToPath(new URL('../../docs/screenshots/', import.meta.url))

const desktop = { viewport: { width: 1280, height: 800 } }
const phone = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 }

/** One picture: where it is taken, and how the page gets there. */
interface Picture {
  name: string
  path: (world: World) => string
  /** What must be seen before, and what is done for, the picture. */
  ready: (page: Page) => Promise<void>
  isSignedOut?: boolean
}

const pictures: Picture[] = [
  {
    name: 'sign-in',
    path: () => '/app/sign-in',
    isSignedOut: true,
    ready: (page) => see(page.getByRole('button', { name: 'Sign in' })).toBeVisible(),
  },
  {
    name: 'chat',
    path: ({ bot, sessionId }) => `/app/chat/${bot.id}/${sessionId}`,
    ready: (page) => see(page.locator('.katex').first()).toBeVisible(),
  },
  {
    name: 'new-bot',
    path: () => '/app/bots/new',
    ready: (page) => see(page.getByRole('heading', { level: 1 })).toBeVisible(),
  },
  {
    name: 'bots',
    path: () => '/app/bots',
    ready: (page) => see(page.getByText('Garden helper').last()).toBeVisible(),
  },
  {
    name: 'bot',
    path: ({ bot }) => `/app/bots/${bot.id}`,
    ready: (page) => see(page.getByLabel('Name', { exact: true })).toHaveValue('Mechanics tutor'),
  },
  {
    name: 'prompt',
    path: ({ bot }) => `/app/bots/${bot.id}/prompt`,
    ready: (page) => see(page.getByRole('textbox').first()).toBeVisible(),
  },
  {
    name: 'knowledge',
    path: ({ support }) => `/app/bots/${support.id}/knowledge`,
    ready: (page) => see(page.getByText('Ready:').first()).toBeVisible(),
  },
  {
    name: 'citation',
    path: ({ support, refundSessionId }) => `/app/chat/${support.id}/${refundSessionId}`,
    async ready(page) {
      await page.locator('.citation-chip').first().click()
      await see(page.getByRole('dialog').locator('[aria-current="true"]')).toBeVisible()
    },
  },
  {
    name: 'search',
    path: () => '/app/search?q=teeth',
    ready: (page) => see(page.locator('mark').first()).toBeVisible(),
  },
  {
    name: 'usage',
    path: () => '/app/usage',
    ready: (page) => see(page.locator('canvas').first()).toBeVisible(),
  },
  {
    name: 'account',
    path: () => '/app/account',
    ready: (page) => see(page.getByText('you@example.com').first()).toBeVisible(),
  },
]

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.app.close())

describe.each([
  { device: 'desktop', ...desktop },
  { device: 'phone', ...phone },
])('$device', ({ device, ...size }) => {
  describe.each(['light', 'dark'] as const)('%s', (colorScheme) => {
    test.each(pictures)('$name', async ({ name, path, ready, isSignedOut }) => {
      const user = isSignedOut ? {} : { user: world.user }
      const opened = await world.app.browser.open(path(world), {
        ...size,
        ...user,
        colorScheme,
        reducedMotion: 'reduce',
      })
      await ready(opened.page)
      await settle(opened)
      await opened.page.screenshot({ path: `${folder}${name}-${device}-${colorScheme}.png` })
      expect(opened.complaints).toEqual([])
      await opened.context.close()
    })
  })
})

/** Fonts and lazy parts are there, and nothing is wider than the window. */
async function settle({ page }: Window): Promise<void> {
  await page.waitForLoadState('networkidle')
  await page.evaluate(() => document.fonts.ready)
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
}
