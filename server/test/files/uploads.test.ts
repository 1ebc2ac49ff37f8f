import { createHash } from 'node:crypto'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { contract, type KnowledgeFile } from '@chatbot-platform/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { problemOf } from '../support/turns.ts'
import { storedFiles } from './stored-files.ts'
import { upload, uploadOne } from './uploads.ts'

let app: TestApp
let user: TestUser

beforeAll(async () => {
  const limits = {
    FILES_MAX_FILE_MB: '2',
    FILES_MAX_PROJECT_MB: '5',
    FILES_MAX_WORKSPACE_MB: '7',
    FILES_MAX_PER_PROJECT: '8',
  }
  app = await startTestApp({ env: { ...limits, RUN_JOBS: 'false' } })
})
afterAll(() => app.close())

const megabytes = (count: number, letter = 'x') => `${letter}${' word'.repeat((count * 1_048_576) / 5)}`

async function newProject() {
  user = await app.user()
  return createProject(user)
}

function listed(project: { id: string }): Promise<KnowledgeFile[]> {
  return user.client.call(contract.files.list, { params: { project_id: project.id }, query: {} })
}

/** Sends a form as it stands. */
async function send(project: { id: string }, body: BodyInit, headers: Record<string, string> = {}) {
  const response = await fetch(`${app.url}/projects/${project.id}/files`, {
    method: 'POST',
    headers: { authorization: `Bearer ${user.token}`, ...headers },
    body,
  })
  return { status: response.status, body: await response.json() }
}

describe('an upload', () => {
  test('stores each file byte by byte under a name of the server', async () => {
    const project = await newProject()
    const results = await upload(user, project, { 'a.txt': 'First file', 'b.md': '# Second' })
    expect(results.map(({ name, status, error }) => [name, status, error])).toEqual([
      ['a.txt', 'created', null],
      ['b.md', 'created', null],
    ])
    expect(results.map(({ file }) => file?.kind)).toEqual(['text', 'markdown'])
    const stored = await storedFiles(app, project.id)
    expect(stored.map(({ content }) => content.toString()).sort()).toEqual(['# Second', 'First file'])
    for (const { key } of stored) expect(key).toMatch(/^[\da-f-]{36}\/[\da-f-]{36}\/[\da-f-]{36}-1$/)
  })

  test('of what the project has already gives that one, whatever it is called', async () => {
    const project = await newProject()
    const first = await uploadOne(user, project, 'a.txt', 'The same')
    const [again] = await upload(user, project, { 'renamed.txt': 'The same' })
    expect(again).toMatchObject({ status: 'exists', file: { id: first.id, name: 'a.txt' } })
    const other = await createProject(user)
    const [elsewhere] = await upload(user, other, { 'a.txt': 'The same' })
    expect([elsewhere?.status, elsewhere?.file?.id === first.id]).toEqual(['created', false])
    expect(await storedFiles(app, project.id)).toHaveLength(1)
  })

  test('of one content twenty times at once makes one file', async () => {
    const project = await newProject()
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) => upload(user, project, { [`${index}.txt`]: 'Once' })),
    )
    const statuses = results.flat().map(({ status }) => status)
    expect(statuses.filter((status) => status === 'created')).toHaveLength(1)
    expect(statuses.filter((status) => status === 'exists')).toHaveLength(19)
    expect(new Set(results.flat().map(({ file }) => file?.id)).size).toBe(1)
    expect(await storedFiles(app, project.id)).toHaveLength(1)
  })

  test('of a project of nobody is answered before anything is stored', async () => {
    await newProject()
    const problem = await problemOf(upload(user, { id: '01890a5d-ac96-774b-bcce-b302099a8057' }, { 'a.txt': 'x' }))
    expect(problem).toMatchObject({ status: 404, code: 'not_found' })
  })

  test('wants a form with a file in it, and no idempotency key', async () => {
    const project = await newProject()
    expect(await send(project, '{}', { 'content-type': 'application/json' })).toMatchObject({ status: 415 })
    expect(await send(project, new FormData())).toMatchObject({ status: 422, body: { code: 'validation_failed' } })
    const fields = new FormData()
    fields.append('files', 'no file')
    expect(await send(project, fields)).toMatchObject({ status: 422 })
    const form = new FormData()
    form.append('file', new File(['text'], 'a.txt'))
    expect(await send(project, form, { 'idempotency-key': 'k' })).toMatchObject({
      status: 422,
      body: { errors: [{ loc: ['header', 'idempotency-key'] }] },
    })
    expect(await send(project, form)).toMatchObject({ status: 201 })
  })

  test.each([
    ['without a boundary', 'x', 'multipart/form-data'],
    [
      'that ends too early',
      '--b\r\ncontent-disposition: form-data; name="files"; filename="a.txt"\r\n\r\ntext',
      'multipart/form-data; boundary=b',
    ],
    ['that has no end of its headers', '--b\r\ncontent-disposition: form-data', 'multipart/form-data; boundary=b'],
    ['of another boundary', '--c\r\n\r\n--c--', 'multipart/form-data; boundary=b'],
  ])('%s is refused as malformed, and nothing is stored', async (_, body, type) => {
    const project = await newProject()
    const answer = await send(project, body, { 'content-type': type })
    expect([answer.status, answer.body.code]).toSatisfy(
      ([status, code]) =>
        (status === 400 && code === 'malformed_request') || (status === 422 && code === 'validation_failed'),
    )
    expect([await storedFiles(app, project.id), await listed(project)]).toEqual([[], []])
  })

  test('that breaks off leaves nothing behind', async () => {
    const project = await newProject()
    const head = `POST /projects/${project.id}/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${user.token}\r\n`
    const part = '--b\r\ncontent-disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1')
    socket.write(`${head}Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 1000000\r\n\r\n${part}`)
    for (let count = 0; count < 20; count++) {
      socket.write('a line of text\n'.repeat(1000))
      await sleep(5)
    }
    expect(await storedFiles(app, '.staging')).toHaveLength(1)
    socket.destroy()
    await expect.poll(() => storedFiles(app, '.staging'), { timeout: 5000 }).toEqual([])
    expect([await storedFiles(app, project.id), await listed(project)]).toEqual([[], []])
  })
})

describe('what is too much', () => {
  test('a file over the limit is refused, the others of the same form are taken', async () => {
    const project = await newProject()
    const results = await upload(user, project, { 'a.txt': 'small', 'b.txt': megabytes(2.1), 'c.txt': 'small too' })
    expect(results.map(({ status }) => status)).toEqual(['created', 'refused', 'created'])
    expect(results[1]).toMatchObject({ name: 'b.txt', file: null, error: { code: 'too_large' } })
    expect(await storedFiles(app, '.staging')).toEqual([])
  })

  test('alone it is a 413 that says so', async () => {
    const project = await newProject()
    const problem = await problemOf(upload(user, project, { 'b.txt': megabytes(2.1) }))
    expect(problem).toMatchObject({ status: 413, code: 'too_large', files: [{ name: 'b.txt', status: 'refused' }] })
    expect(problem.detail).toContain('2 MB')
  })

  test('a request that is longer than a project may be is not read at all', async () => {
    const project = await newProject()
    const form = new FormData()
    for (let count = 0; count < 8; count++)
      form.append('files', new File([megabytes(1, String(count))], `${count}.txt`))
    expect(await send(project, form)).toMatchObject({ status: 413, body: { code: 'too_large' } })
    expect(await listed(project)).toEqual([])
  })

  test('neither does a project grow over its bytes, however many upload at once', async () => {
    const project = await newProject()
    const uploads = Array.from({ length: 9 }, (_, index) =>
      upload(user, project, { 'a.txt': megabytes(0.99, String(index)) }),
    )
    const results = await Promise.allSettled(uploads)
    const taken = results.filter(({ status }) => status === 'fulfilled')
    expect(taken.length).toBe(5)
    const refused = results.find((one) => one.status === 'rejected')
    expect(refused?.reason.problem).toMatchObject({ status: 413, files: [{ error: { code: 'storage_full' } }] })
    expect(await storedFiles(app, project.id)).toHaveLength(5)
  })

  test('nor over its number of files', async () => {
    const project = await newProject()
    const uploads = Array.from({ length: 12 }, (_, index) => upload(user, project, { 'a.txt': `File ${index}` }))
    const results = await Promise.allSettled(uploads)
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(8)
    const refused = results.find((one) => one.status === 'rejected')
    expect(refused?.reason.problem).toMatchObject({ status: 422, errors: [{ type: 'too_many_files' }] })
    expect(await storedFiles(app, project.id)).toHaveLength(8)
  })

  test('nor a workspace over its bytes', async () => {
    const [first, second] = [await newProject(), await createProject(user)]
    for (const count of [1, 2, 3, 4]) await uploadOne(user, first, 'a.txt', megabytes(1.1, String(count)))
    for (const count of [1, 2]) await uploadOne(user, second, 'a.txt', megabytes(1.1, String(count)))
    const [problem] = [await problemOf(upload(user, second, { 'a.txt': megabytes(1.1, '3') }))]
    expect(problem).toMatchObject({ status: 413, detail: expect.stringContaining('workspace') })
  })
})

describe('what is no document', () => {
  test.each([
    ['an image', 'a.png', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), 415, 'unsupported_type'],
    ['a program under the name of a text', 'a.txt', Buffer.from('7f454c4602010100', 'hex'), 415, 'not_text'],
    ['an archive', 'a.zip', Buffer.from('504b0304140000000000', 'hex'), 415, 'unsupported_type'],
    ['an old Office file', 'a.doc', Buffer.from('d0cf11e0a1b11ae10000', 'hex'), 415, 'unsupported_type'],
    ['an empty file', 'a.txt', Buffer.alloc(0), 422, 'empty'],
  ])('%s is refused with a reason', async (_, name, content, status, code) => {
    const project = await newProject()
    const problem = await problemOf(upload(user, project, { [name]: new Uint8Array(content) }))
    expect(problem).toMatchObject({ status, files: [{ status: 'refused', error: { code } }] })
    expect([await storedFiles(app, project.id), await storedFiles(app, '.staging')]).toEqual([[], []])
  })
})

describe('a name', () => {
  test.each([
    ['../../../etc/passwd.txt', 'passwd.txt'],
    ['C:\\Users\\me\\report.txt', 'report.txt'],
    ['invoice\u202Etxt.exe.txt', 'invoicetxt.exe.txt'],
    ['a\tb\u0000c\u0007.txt', 'a b c .txt'],
    ['Öffnungszeiten – März.txt', 'Öffnungszeiten – März.txt'],
    ['ساعات العمل.txt', 'ساعات العمل.txt'],
    ['说明书 👩‍👩‍👧.txt', '说明书 👩‍👩‍👧.txt'],
    ['  spaces   within  .txt', 'spaces within .txt'],
    [`${'n'.repeat(400)}.txt`, `${'n'.repeat(196)}.txt`],
    ['<img src=x onerror=alert(1)>.txt', '<img src=x onerror=alert(1)>.txt'],
  ])('%j is shown as %j', async (given, shown) => {
    const project = await newProject()
    // Written by hand: a browser would escape some of it.
    const part = `--b\r\ncontent-disposition: form-data; name="files"; filename="${given.replaceAll('\\', '\\\\')}"\r\n\r\n`
    const answer = await send(project, `${part}Some text\r\n--b--\r\n`, {
      'content-type': 'multipart/form-data; boundary=b',
    })
    expect(answer.body).toMatchObject([{ name: shown, file: { name: shown } }])
    const [stored] = await storedFiles(app, project.id)
    expect(stored?.sha256).toBe(createHash('sha256').update('Some text').digest('hex'))
  })
})
