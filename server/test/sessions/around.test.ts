import { contract, fillPath, type Message, type Project } from '@chatbot-platform/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { ask, problemOf } from '../support/turns.ts'

let app: TestApp
let user: TestUser
let project: Project
let session: string
let all: Message[]

beforeAll(async () => {
  app = await startTestApp()
  app.upstream.answers(() => ({ text: ['ok'] }))
  user = await app.user()
  project = await createProject(user)
  session = (await ask(user, project, 'question 1')).session_id
  for (let count = 2; count <= 6; count++) await ask(user, project, `question ${count}`, session)
  all = (await read('')).items
})
afterAll(() => app.close())

test('a page around a message has it in its middle and leads both ways', async () => {
  const page = await read(`?around=${all[5]?.id}&limit=4`)
  expect(seqs(page)).toEqual([4, 5, 6, 7])
  const next = await read(page.next)
  expect(seqs(next)).toEqual([8, 9, 10, 11])
  expect(seqs(await read(next.next))).toEqual([12])
  expect((await read(next.next)).next).toBeUndefined()
  const prev = await read(page.prev)
  expect(seqs(prev)).toEqual([1, 2, 3])
  expect(prev.prev).toBeUndefined()
  expect(seqs(await read(prev.next))).toEqual([4, 5, 6, 7])
  expect(seqs(await read(next.prev))).toEqual([4, 5, 6, 7])
})

test('newest first it is the same, the other way round', async () => {
  const page = await read(`?around=${all[5]?.id}&limit=4&order=desc`)
  expect(seqs(page)).toEqual([7, 6, 5, 4])
  expect(seqs(await read(page.next))).toEqual([3, 2, 1])
  expect(seqs(await read(page.prev))).toEqual([11, 10, 9, 8])
})

test('at an end of the session the page is shorter on that side', async () => {
  const first = await read(`?around=${all[0]?.id}&limit=4`)
  expect([seqs(first), first.prev]).toEqual([[1, 2], undefined])
  const last = await read(`?around=${all[11]?.id}&limit=4`)
  expect([seqs(last), last.next]).toEqual([[10, 11, 12], undefined])
  expect(seqs(await read(`?around=${all[5]?.id}&limit=1`))).toEqual([6])
})

test('a message on another path is shown on that path, page after page, until a path is chosen', async () => {
  const first = await ask(user, project, 'Q1')
  const old = await ask(user, project, 'Q2', first.session_id)
  await user.client.call(contract.chat.edit, { params: { message_id: old.message.id }, body: { message: 'other Q2' } })
  const of = first.session_id
  const page = await read(`?around=${old.assistant_message.id}&limit=2`, of)
  expect(contents(page)).toEqual(['Q2', 'ok'])
  expect(contents(await read(page.prev, of))).toEqual(['Q1', 'ok'])
  expect(contents(await read((await read(page.prev, of)).next, of))).toEqual(['Q2', 'ok'])
  const shown = await read(`?around=${first.message.id}&limit=50`, of)
  expect(contents(shown)).toEqual(['Q1', 'ok', 'other Q2', 'ok'])
})

test.each([
  ['a message of another session', 404, async () => `?around=${(await ask(user, project, 'elsewhere')).message.id}`],
  ['no message at all', 404, async () => '?around=01890a5d-ac96-774b-bcce-b302099a8057'],
  ['no id', 422, async () => '?around=here'],
  [
    'a cursor beside it',
    422,
    async () => {
      const { next } = await read('?limit=2')
      return `${next?.replace(/^[^?]*/, '')}&around=${all[5]?.id}`
    },
  ],
])('%s is refused', async (_, status, query) => {
  const response = await fetch(addressOf(await query()), { headers: { authorization: `Bearer ${user.token}` } })
  expect(response.status).toBe(status)
})

test('another tenant gets nothing around a message', async () => {
  const stranger = await app.user()
  const call = stranger.client.call(contract.sessions.messages, {
    params: { session_id: session },
    query: { around: String(all[5]?.id) },
  })
  expect(await problemOf(call)).toMatchObject({ status: 404 })
})

interface Page {
  items: Message[]
  next: string | undefined
  prev: string | undefined
}

/** Reads a page of the session by its query, or by the address that a `Link` header named. */
async function read(address: string | undefined, of = session): Promise<Page> {
  if (address === undefined) throw new Error('there is no such page')
  const response = await fetch(addressOf(address, of), { headers: { authorization: `Bearer ${user.token}` } })
  expect(response.status).toBe(200)
  const link = response.headers.get('link') ?? ''
  const linkOf = (rel: string) => link.match(new RegExp(`<([^>]+)>; rel="${rel}"`))?.[1]
  return { items: (await response.json()) as Message[], next: linkOf('next'), prev: linkOf('prev') }
}

function addressOf(address: string, of = session): string {
  const path = fillPath(contract.sessions.messages.path, { session_id: of })
  return app.url + (address.startsWith('/') ? address : path + address)
}

function seqs({ items }: Page): number[] {
  return items.map(({ seq }) => seq)
}

function contents({ items }: Page): string[] {
  return items.map(({ content }) => content)
}
