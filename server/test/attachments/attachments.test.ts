import { contract } from '@chatbot-platform/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../src/platform/ids.ts'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { exif, imageFile, jpeg, png } from '../support/images.ts'
import { problemOf } from '../support/turns.ts'
import { scopeOf } from '../usage/usage-events.ts'
import { askWith, attach, contentOf } from './images.ts'

let app: TestApp
let user: TestUser

beforeAll(async () => {
  app = await startTestApp({ env: { RUN_JOBS: 'false' } })
  user = await app.user()
})
afterAll(() => app.close())

const upload = (projectId: string, file: File) =>
  problemOf(user.client.call(contract.attachments.upload, { params: { project_id: projectId }, body: { file } }))

describe('an image', () => {
  test('is stored without what it tells of its origin, and handed out as an image and nothing else', async () => {
    const project = await createProject(user)
    const image = await attach(user, project, jpeg([exif(6, 'at home')]))
    expect(image).toMatchObject({ kind: 'jpeg', width: 640, height: 480 })
    const response = await contentOf(user, image)
    const bytes = Buffer.from(await response.arrayBuffer())
    expect([bytes.length, bytes.includes('at home'), bytes.includes('Exif')]).toEqual([image.bytes, false, true])
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/jpeg',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'",
      'cache-control': 'private, max-age=3600',
    })
  })

  test.each([
    ['a page that calls itself one', '<html><script>alert(1)</script></html>', 415],
    ['a drawing', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', 415],
    ['one that breaks off', png().subarray(0, 40), 422],
    ['one of too many pixels', png({ width: 8193, height: 1 }), 422],
    ['one that is too large', Buffer.concat([png(), Buffer.alloc(10 * 1024 * 1024)]), 413],
  ])('is refused: %s', async (_name, content, status) => {
    const project = await createProject(user)
    const problem = await upload(project.id, imageFile(Buffer.from(content)))
    expect(problem.status).toBe(status)
  })

  test('goes into projects of one’s own only, and stays there', async () => {
    const [project, other] = [await createProject(user), await createProject(user)]
    const stranger = await app.user()
    const image = await attach(user, project)
    expect((await upload(newId(), imageFile())).code).toBe('not_found')
    expect((await problemOf(contentOf(stranger, image))).code).toBe('not_found')
    const foreign = await createProject(stranger)
    const theirs = await problemOf(askWith(stranger, foreign, [image]))
    const elsewhere = await problemOf(askWith(user, other, [image]))
    const madeUp = await problemOf(askWith(stranger, foreign, [{ id: newId() }]))
    expect([theirs.status, theirs.detail]).toEqual([422, madeUp.detail])
    expect(elsewhere.status).toBe(422)
    expect((await askWith(user, project, [image])).message.attachments).toEqual([image])
  })
})

describe('a message', () => {
  test('takes an image that nobody sent before, once, and up to four', async () => {
    const project = await createProject(user)
    const images = await Promise.all([1, 2, 3, 4, 5].map(() => attach(user, project)))
    const [first] = images
    if (!first) throw new Error('nothing was uploaded')
    expect((await problemOf(askWith(user, project, images))).status).toBe(422)
    expect((await problemOf(askWith(user, project, [first, first]))).status).toBe(422)
    await askWith(user, project, [first])
    expect((await problemOf(askWith(user, project, [first]))).detail).toMatch(/was sent already/)
  })

  test('that is refused leaves its images to the next, under the same key too', async () => {
    const project = await createProject(user)
    const image = await attach(user, project)
    const send = (ids: string[]) =>
      user.client.call(contract.chat.send, {
        headers: { 'idempotency-key': `images-${project.id}` },
        body: { project_id: project.id, message: 'Look', attachments: ids },
      })
    expect((await problemOf(send([image.id, newId()]))).status).toBe(422)
    const [one, again] = [await send([image.id]), await send([image.id])]
    expect(again.message).toEqual(one.message)
    expect(one.message.attachments).toEqual([image])
  })
})

describe('what nobody has any more is deleted', () => {
  const isGone = async (id: string) => {
    for await (const { key } of app.server.deps.storage.list('')) if (key.endsWith(`image-${id}`)) return false
    return true
  }

  test('with its session at once, and with its project', async () => {
    const project = await createProject(user)
    const [one, other] = [await attach(user, project), await attach(user, project)]
    const turn = await askWith(user, project, [one])
    await user.client.call(contract.sessions.remove, { params: { session_id: turn.session_id } })
    expect([await isGone(one.id), await isGone(other.id)]).toEqual([true, false])
    expect((await problemOf(contentOf(user, one))).code).toBe('not_found')
    await user.client.call(contract.projects.remove, { params: { project_id: project.id } })
    expect(await isGone(other.id)).toBe(true)
  })

  test('once it was not sent in time, and where a process died between bytes and row', async () => {
    const project = await createProject(user)
    const [sent, unsent] = [await attach(user, project), await attach(user, project)]
    await askWith(user, project, [sent])
    const { imageCare, storage } = app.server.deps
    await imageCare.sweep({ unsentSeconds: 3600, orphanMs: 3_600_000 })
    expect(await isGone(unsent.id)).toBe(false)
    const orphan = newId()
    const workspaceId = scopeOf(user).workspaceId
    const place = `${workspaceId}/${project.id}/image-${orphan}`
    const staged = await storage.stage(new Blob(['left']).stream(), 10)
    if (staged !== 'too_large') await storage.keep(staged, place)
    await imageCare.sweep({ unsentSeconds: 0, orphanMs: 0 })
    expect(await Promise.all([orphan, unsent.id, sent.id].map(isGone))).toEqual([true, true, false])
    expect((await contentOf(user, sent)).status).toBe(200)
  })
})
