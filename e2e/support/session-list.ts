import { type ChatSession, contract, type Project } from '@chatbot-platform/contract'
import type { Locator, Page } from '@playwright/test'
import { withSession } from '../../server/src/platform/database/session.ts'
import { createProject, type TestUser } from '../../server/test/support/app.ts'
import { ask } from '../../server/test/support/turns.ts'
import type { WebTest } from './web-app.ts'

/** A conversation to be made. */
export interface Seed {
  title: string
  daysAgo?: number
  pinned?: boolean
}

/** A user with a bot and these conversations, of one turn each; the first is the latest of its day. */
export async function seed(app: WebTest, seeds: Seed[]): Promise<{ user: TestUser; project: Project; ids: string[] }> {
  const user = await app.user()
  const project = await createProject(user)
  const ids: string[] = []
  for (const { title } of seeds) ids.push((await ask(user, project, title)).session_id)
  await withSession(app.database.superuserUrl, async (client) => {
    for (const [index, { title, daysAgo: days = 0, pinned = false }] of seeds.entries()) {
      const time = new Date(daysAgo(days).getTime() - index)
      const sql = 'UPDATE chat_sessions SET title = $2, pinned = $3, updated_at = $4 WHERE id = $1'
      await client.query(sql, [ids[index], title, pinned, time])
    }
  })
  return { user, project, ids }
}

/** The time so many days before now. */
export function daysAgo(days: number): Date {
  return new Date(Date.now() - days * 86_400_000)
}

/** A conversation as the server has it. */
export function sessionOf(user: TestUser, id: string | undefined): Promise<ChatSession> {
  return user.client.call(contract.sessions.get, { params: { session_id: id ?? '' } })
}

/** The list of conversations in the sidebar. */
export function listOf(page: Page): Locator {
  return page.getByRole('navigation', { name: 'Main' }).getByRole('list')
}

/** The row of a conversation. */
export function row(page: Page, title: string): Locator {
  return listOf(page)
    .getByRole('listitem')
    .filter({ has: page.getByRole('link', { name: title, exact: title !== 'Grüße' }) })
}

/** Presses an item in the menu of a row. */
export async function choose(page: Page, title: string, item: string): Promise<void> {
  await row(page, title).hover()
  await row(page, title).getByRole('button').click()
  await page.getByRole('menuitem', { name: item, exact: true }).click()
}

/** Presses an item in the menu of the open conversation. */
export async function chooseInHeader(page: Page, item: string): Promise<void> {
  await page.getByRole('main').getByRole('button', { name: 'More', exact: true }).click()
  await page.getByRole('menuitem', { name: item, exact: true }).click()
}
