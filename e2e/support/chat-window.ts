import type { Locator, Page } from '@playwright/test'
import type { TestUser } from '../../server/test/support/app.ts'
import type { TestBrowser, Window, WindowOptions } from './browser.ts'

/** A window on a conversation, and the parts of the page that tests speak of. */
export interface ChatWindow extends Window {
  composer: Locator
  /** The scrolling list of messages. */
  thread: Locator
  /** Types a message and sends it by Enter. */
  say(text: string): Promise<void>
  /** A button of the page by its exact name. */
  button(name: string): Locator
  /** How far the thread is scrolled from its end, in px. */
  distanceToEnd(): Promise<number>
}

/** Opens `/app/chat/…`, by default 1280 × 800, and waits for the place to write. */
export async function openChat(
  browser: TestBrowser,
  user: TestUser,
  path: string,
  options: WindowOptions = {},
): Promise<ChatWindow> {
  const viewport = { width: 1280, height: 800 }
  const window = await browser.open(`/app/chat/${path}`, { viewport, ...options, user })
  const chat = chatOf(window)
  await chat.composer.waitFor()
  return chat
}

function chatOf(window: Window): ChatWindow {
  const { page } = window
  const composer = page.getByRole('textbox', { name: 'Message', exact: true })
  const thread = page.getByRole('log', { name: 'Conversation' })
  return {
    ...window,
    composer,
    thread,
    button: (name) => page.getByRole('button', { name, exact: true }),
    async say(text) {
      await composer.fill(text)
      await composer.press('Enter')
    },
    distanceToEnd: () =>
      thread.evaluate(({ scrollHeight, clientHeight, scrollTop }) => scrollHeight - clientHeight - scrollTop),
  }
}

/** The id of the session in the address, once there is one. */
export async function sessionIdOf(page: Page): Promise<string> {
  await page.waitForURL(/\/app\/chat\/[0-9a-f-]{36}\/[0-9a-f-]{36}/)
  return new URL(page.url()).pathname.split('/')[4] ?? ''
}

/** Words of a long answer, one piece each, so that it can be watched growing. */
export function pieces(count: number, word = 'word'): string[] {
  return Array.from({ length: count }, (_, index) => `${word}${index + 1} `)
}
