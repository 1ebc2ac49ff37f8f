import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject } from '../../server/test/support/app.ts'
import { ask } from '../../server/test/support/turns.ts'
import { scriptBudgetBytes, scriptsOf } from '../support/scripts.ts'
import { startWebTest, type WebTest } from '../support/web-app.ts'

let app: WebTest
beforeAll(async () => {
  app = await startWebTest()
})
afterAll(() => app.close())

test('a conversation is shown with no more JavaScript than the budget allows, in few files', async () => {
  app.upstream.plays([
    { text: ['**Opening** hours:\n\n| Day | From |\n| --- | --- |\n| Monday | 9 |\n\n- [more](https://a.example)'] },
  ])
  const user = await app.user()
  const project = await createProject(user)
  const { session_id: sessionId } = await ask(user, project, 'When are you open?')
  const { page } = await app.browser.open('/favicon.svg', { user })
  const path = `/app/chat/${project.id}/${sessionId}`
  const { totalBytes, files } = await scriptsOf(page, path, page.getByRole('log').getByRole('cell', { name: 'Monday' }))
  const names = files.map(({ path, bytes }) => `${path} ${bytes}`).join('\n')
  expect(totalBytes, names).toBeLessThanOrEqual(scriptBudgetBytes)
  expect(files.length, names).toBeLessThanOrEqual(15)
  // What a growing text, code or a palette needs comes later; without an answer there would be less than this.
  expect(totalBytes).toBeGreaterThan(scriptBudgetBytes / 2)
})
