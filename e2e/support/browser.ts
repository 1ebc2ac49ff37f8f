import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from '@playwright/test'
import type { TestUser } from '../../server/test/support/app.ts'
import { unpackChromium } from './chromium.ts'

export interface WindowOptions extends BrowserContextOptions {
  /** Signed in as this user when the page opens. */
  user?: TestUser
}

/** A browser window of its own (cookies, storage) with one page. */
export interface Window {
  page: Page
  context: BrowserContext
  /** Errors of the page so far: uncaught ones, those on the console, violations of its policy, calls to other origins. */
  complaints: string[]
}

export interface TestBrowser {
  /** Opens a window on the app at `path`. */
  open(path: string, options?: WindowOptions): Promise<Window>
  close(): Promise<void>
}

/** A headless Chromium against the server at `url`; its sandbox needs rights that root and containers do not have. */
export async function startBrowser(url: string): Promise<TestBrowser> {
  const { executablePath, env } = await unpackChromium()
  const browser = await chromium.launch({
    executablePath,
    chromiumSandbox: false,
    args: ['--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    env: { ...process.env, ...env },
  })
  return {
    open: (path, options = {}) => openWindow(browser, url, path, options),
    close: () => browser.close(),
  }
}

async function openWindow(browser: Browser, url: string, path: string, options: WindowOptions): Promise<Window> {
  const { user, ...given } = options
  const context = await browser.newContext({ baseURL: url, locale: 'en-GB', timezoneId: 'UTC', ...given })
  context.setDefaultTimeout(10_000)
  if (user) {
    const form = { username: user.email, password: user.password }
    const answer = await context.request.post('/auth/login', { form })
    if (!answer.ok()) throw new Error(`signing in answered ${answer.status()}`)
  }
  const page = await context.newPage()
  const complaints = listenForComplaints(page, url)
  await page.goto(path)
  return { page, context, complaints }
}

function listenForComplaints(page: Page, url: string): string[] {
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() !== 'error') return
    // Chromium itself reports every answer of 400 and above, expected or not.
    if (!message.text().startsWith('Failed to load resource')) complaints.push(`console: ${message.text()}`)
  })
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url())
    if (protocol !== 'blob:' && origin !== url) complaints.push(`request: ${request.url()}`)
  })
  return complaints
}
