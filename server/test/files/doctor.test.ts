import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { contract } from '@chatbot-platform/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { filesFindings } from '../../src/cli/doctor/file-checks.ts'
import { loadConfig } from '../../src/config.ts'
import { withSession } from '../../src/platform/database/session.ts'
import { askWith, attach, coloured } from '../attachments/images.ts'
import { createProject, startTestApp, type TestApp } from '../support/app.ts'
import { storedFiles } from './stored-files.ts'
import { upload } from './uploads.ts'

let app: TestApp

beforeAll(async () => {
  app = await startTestApp({ env: { RUN_JOBS: 'false' } })
})
afterAll(() => app.close())

/** As the owner login, which sees no row of its own accord. */
function examine(folder = app.filesFolder) {
  const config = loadConfig({ FILES_URL: pathToFileURL(folder).href }, null)
  return withSession(app.database.ownerUrl, (client) => filesFindings(client, config))
}

test('the doctor finds documents whose content is missing or cut off', async () => {
  const user = await app.user()
  const project = await createProject(user)
  await upload(user, project, { 'a.txt': 'First', 'b.txt': 'Second', 'c.txt': 'Third' })
  expect(await examine()).toEqual([
    { check: 'file storage', status: 'ok', found: ['can be written to'] },
    { check: 'files', status: 'ok', found: ['3 documents, each with its content'] },
    { check: 'images', status: 'ok', found: ['0 images, each with its content'] },
  ])
  const [first, second] = await storedFiles(app, project.id)
  await app.server.deps.storage.delete(first?.key ?? '')
  await truncate(join(app.filesFolder, second?.key ?? ''), 1)
  const [, files] = await examine()
  expect(files).toMatchObject({ status: 'fail', next: expect.stringContaining('backup') })
  expect(files?.found[0]).toBe('2 of 3 documents lack their content')
  expect(files?.found).toContain(`${first?.key} is missing`)
})

test('the doctor finds images whose content is missing, and each content once', async () => {
  const user = await app.user()
  const project = await createProject(user)
  const [lost, kept] = [await attach(user, project, coloured(1)), await attach(user, project, coloured(2))]
  const turn = await askWith(user, project, [kept])
  await user.client.call(contract.chat.edit, { params: { message_id: turn.message.id }, body: { message: 'Again' } })
  expect((await examine())[2]).toMatchObject({ status: 'ok', found: ['2 images, each with its content'] })
  const stored = await storedFiles(app, project.id)
  const key = stored.find((file) => file.key.endsWith(`image-${lost.id}`))?.key ?? ''
  await app.server.deps.storage.delete(key)
  const [, , images] = await examine()
  expect(images).toMatchObject({ check: 'images', status: 'fail' })
  expect(images?.found).toEqual(['1 of 2 images lack their content', `${key} is missing`])
})

test('the doctor says that nothing can be written', async () => {
  const noFolder = `${app.filesFolder}-file`
  await writeFile(noFolder, '')
  const [writable] = await examine(join(noFolder, 'files'))
  expect(writable).toMatchObject({ check: 'file storage', status: 'fail', next: expect.stringContaining('FILES_URL') })
})
