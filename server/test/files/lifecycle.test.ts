import { contract } from '@chatbot-platform/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { problemOf } from '../support/turns.ts'
import { storedFiles } from './stored-files.ts'
import { getFile, untilRead, upload, uploadOne } from './uploads.ts'

let app: TestApp
let user: TestUser

beforeAll(async () => {
  app = await startTestApp()
  user = await app.user()
})
afterAll(() => app.close())

const hours =
  'We are open from nine to five, from Monday to Friday.\n\nOn Sundays and on public holidays we are closed.\n'
const paramsOf = (file: { id: string; project_id: string }) => ({ project_id: file.project_id, file_id: file.id })

describe('reading', () => {
  test('goes from the queue to passages that make up the text', async () => {
    const file = await uploadOne(user, await createProject(user), 'hours.txt', hours)
    expect(file).toMatchObject({ name: 'hours.txt', kind: 'text', state: 'queued', version: 1, bytes: hours.length })
    const read = await untilRead(user, file)
    expect(read).toMatchObject({ state: 'ready', error: null, progress: null, passages: 1, language: 'en' })
    expect(Date.parse(read.indexed_at ?? '')).toBeGreaterThanOrEqual(Date.parse(file.created_at))
    const passages = await user.client.call(contract.files.passages, { params: paramsOf(file), query: {} })
    expect(passages.map(({ text }) => text).join('\n')).toContain('On Sundays and on public holidays we are closed.')
  })

  test.each([
    ['a.md', '# Prices\n\nA coffee is two euros.\n', 'markdown'],
    ['a.html', '<!doctype html><title>Prices</title><main><h1>Prices</h1><p>A coffee is two euros.</p></main>', 'html'],
    ['a.csv', 'drink,price\ncoffee,2\ntea,3\n', 'csv'],
    ['a.json', '{"drinks":[{"name":"coffee","price":2}]}', 'json'],
  ])('%s becomes passages', async (name, content, kind) => {
    const read = await untilRead(user, await uploadOne(user, await createProject(user), name, content))
    expect(read).toMatchObject({ state: 'ready', kind, passages: 1 })
  })

  test('of text that does not say its encoding tells what it was taken for', async () => {
    const project = await createProject(user)
    const latin = new Uint8Array(Buffer.from('Größe;Gewicht\nübergroß;800 g\nmittelgroß;500 g\n', 'latin1'))
    const [guessed, known] = await Promise.all(
      [latin, 'Größe;Gewicht\n'].map(async (content) =>
        untilRead(user, await uploadOne(user, project, 'a.csv', content)),
      ),
    )
    expect([guessed?.encoding, known?.encoding]).toEqual(['windows-1252', null])
    const passages = await user.client.call(contract.files.passages, {
      params: { project_id: project.id, file_id: guessed?.id ?? '' },
      query: {},
    })
    expect(passages[0]?.text).toContain('Größe: übergroß; Gewicht: 800 g')
  })

  test('that fails tells why, and is not tried again', async () => {
    const file = await uploadOne(user, await createProject(user), 'broken.pdf', '%PDF-1.7\nnothing behind it')
    const read = await untilRead(user, file)
    expect(read).toMatchObject({ state: 'failed', passages: null, error: { code: 'broken' } })
    expect(read.error?.detail).toMatch(/\w+ .*\./)
    const failed = await user.client.call(contract.files.list, { params: paramsOf(file), query: { state: 'failed' } })
    expect(failed.map(({ id }) => id)).toEqual([file.id])
  })

  test('of a document whose content is gone fails and says so', async () => {
    const file = await uploadOne(user, await createProject(user), 'hours.txt', hours)
    await untilRead(user, file)
    const [stored] = await storedFiles(app, file.project_id)
    await app.server.deps.storage.delete(stored?.key ?? '')
    await user.client.call(contract.files.reindex, { params: paramsOf(file) })
    expect(await untilRead(user, file)).toMatchObject({ state: 'failed', error: { code: 'broken' } })
    const problem = await problemOf(user.client.call(contract.files.content, { params: paramsOf(file) }))
    expect(problem).toMatchObject({ status: 404, code: 'not_found' })
  })

  test('once more keeps what was found until the new is there, and leaves one set of passages', async () => {
    const file = await uploadOne(user, await createProject(user), 'hours.txt', hours)
    const first = await untilRead(user, file)
    const queued = await user.client.call(contract.files.reindex, { params: paramsOf(file) })
    expect(queued).toMatchObject({ state: 'queued', passages: 1 })
    const during = await user.client.call(contract.files.passages, { params: paramsOf(file), query: {} })
    const second = await untilRead(user, file)
    const after = await user.client.call(contract.files.passages, { params: paramsOf(file), query: {} })
    expect([during, after.length]).toEqual([after, 1])
    expect(Date.parse(second.indexed_at ?? '')).toBeGreaterThan(Date.parse(first.indexed_at ?? ''))
  })

  test('asked for ten times at once ends ready all the same', async () => {
    const file = await uploadOne(user, await createProject(user), 'hours.txt', hours)
    const asking = Array.from({ length: 10 }, () =>
      user.client.call(contract.files.reindex, { params: paramsOf(file) }),
    )
    await Promise.all(asking)
    expect(await untilRead(user, file)).toMatchObject({ state: 'ready', passages: 1 })
  })
})

describe('passages', () => {
  test('are paged both ways, and around one of them', async () => {
    const sections = Array.from(
      { length: 30 },
      (_, index) => `# Part ${index}\n\n${`Sentence of part ${index}. `.repeat(80)}`,
    )
    const file = await uploadOne(user, await createProject(user), 'long.md', sections.join('\n\n'))
    const { passages: count } = await untilRead(user, file)
    const pageOf = (query: object) => user.client.page(contract.files.passages, { params: paramsOf(file), query })
    const around = await pageOf({ around: 20, limit: 10 })
    expect(around.items.map(({ ordinal }) => ordinal)).toEqual([17, 18, 19, 20, 21, 22, 23, 24, 25, 26])
    const before = await pageOf({ cursor: around.prevCursor ?? '', limit: 10 })
    expect(before.items.map(({ ordinal }) => ordinal)).toEqual([7, 8, 9, 10, 11, 12, 13, 14, 15, 16])
    const seen: number[] = []
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await pageOf(cursor ? { cursor, limit: 7 } : { limit: 7 })
      seen.push(...page.items.map(({ ordinal }) => ordinal))
      cursor = page.nextCursor
    }
    expect(seen).toEqual(Array.from({ length: count ?? 0 }, (_, ordinal) => ordinal))
    const first = await pageOf({ cursor: before.prevCursor ?? '', limit: 10 })
    expect([first.items[0]?.ordinal, first.items.length, first.prevCursor]).toEqual([0, 7, null])
  })
})

describe('a download', () => {
  test('is the same bytes, as an attachment that no browser shows', async () => {
    const content = '<script>alert(1)</script>'
    const file = await uploadOne(user, await createProject(user), 'Ünï “code”.html', `<!doctype html>${content}`)
    const response = await user.client.send(contract.files.content, { params: paramsOf(file) })
    expect(await response.text()).toBe(`<!doctype html>${content}`)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="U_ni_ _code_.html"; filename*=UTF-8''%C3%9Cn%C3%AF%20%E2%80%9Ccode%E2%80%9D.html`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'",
      'cache-control': 'private, no-store',
      'content-length': String(file.bytes),
    })
  })

  test('of a file without an ending keeps its name', async () => {
    const [result] = await upload(user, await createProject(user), { README: 'Read this first.' })
    const file = result?.file ?? { id: '', project_id: '' }
    const response = await user.client.send(contract.files.content, { params: paramsOf(file) })
    expect(response.headers.get('content-disposition')).toContain('filename="README";')
  })
})

test('the summary counts what a project has, and says what it may have', async () => {
  const project = await createProject(user)
  const [ready, failed] = [
    await uploadOne(user, project, 'hours.txt', hours),
    await uploadOne(user, project, 'broken.pdf', '%PDF-1.7'),
  ]
  await untilRead(user, ready)
  await untilRead(user, failed)
  const summary = await user.client.call(contract.files.summary, { params: { project_id: project.id } })
  expect(summary).toMatchObject({
    files: { ready: 1, under_way: 0, failed: 1 },
    bytes: hours.length + 8,
    passages: 1,
    limits: { file_bytes: 25 * 1024 ** 2, project_files: 500, file_pages: 2000, file_characters: 5_000_000 },
    embedding: null,
  })
})

test('files of the same content in two workspaces know nothing of each other', async () => {
  const other = await app.user()
  const [mine, theirs] = [await createProject(user), await createProject(other)]
  const file = await uploadOne(user, mine, 'hours.txt', hours)
  const twin = await uploadOne(other, theirs, 'hours.txt', hours)
  expect(twin.id).not.toBe(file.id)
  const crossed = { project_id: theirs.id, file_id: file.id }
  for (const endpoint of [contract.files.get, contract.files.reindex, contract.files.remove]) {
    expect(await problemOf(other.client.call(endpoint, { params: crossed }))).toMatchObject({ status: 404 })
  }
  await other.client.call(contract.files.remove, { params: paramsOf(twin) })
  expect((await getFile(user, file)).id).toBe(file.id)
  expect([await storedFiles(app, mine.id), await storedFiles(app, theirs.id)]).toMatchObject([
    [{ sha256: expect.any(String) }],
    [],
  ])
})
