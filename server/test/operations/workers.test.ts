import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readEvents } from '@chatbot-platform/client'
import { contract } from '@chatbot-platform/contract'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { withSession } from '../../src/platform/database/session.ts'
import { endingOf, type OpenTurn, openTurn, problemOf } from '../races/race-turns.ts'
import { openScene, type Scene } from './scene.ts'
import { killIfAlive } from './service-process.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

/** A lease lasts for 15 s, and was renewed five seconds ago at most: what comes sooner did not wait for it. */
const patience = { timeout: 5000 }

let scene: Scene

beforeAll(async () => {
  scene = await openScene({ WORKERS: '3' })
})
afterAll(() => scene.close())

test('connections go to all workers, which know the same users and sessions', async () => {
  const { service, anyWorker, project } = scene
  expect(service.workers()).toHaveLength(3)
  const answers = await openAnswersEverywhere()
  for (const { events } of answers) expect(await endingOf(events)).toMatchObject({ event: 'done' })
  const params = { project_id: project.id }
  for (let count = 0; count < 6; count++)
    expect(await anyWorker.call(contract.sessions.list, { params, query: {} })).toHaveLength(answers.length)
})

test('a stream may be read from any worker, live', async () => {
  const { upstream, anyWorker } = scene
  const gate = upstream.gate()
  upstream.plays([{ text: ['one ', 'two ', 'three'], gate, gateAfter: 2 }])
  const { turn, events } = await openAnswer('Count')
  const params = { message_id: turn.assistant_message.id }
  const readers = await Promise.all([0, 1, 2].map(() => anyWorker.send(contract.chat.attach, { params })))
  const streams = readers.map((response) => readEvents(response.body ?? new ReadableStream()))
  for (const stream of streams) {
    let seen = ''
    while (seen !== 'one two ') {
      const { value } = await stream.next()
      seen += value?.event === 'delta' ? value.data.text : ''
    }
  }
  gate.open()
  for (const stream of [events, ...streams])
    expect(await endingOf(stream)).toMatchObject({ event: 'done', message: { content: 'one two three' } })
})

test('a killed worker takes its own runs along, at once, and no others; the answers can be carried on', async () => {
  const { service, upstream } = scene
  const gate = upstream.gate()
  upstream.always({ text: ['kept ', 'late'], gate, gateAfter: 1 })
  const ids = (await openAnswersEverywhere()).map(({ turn }) => turn.assistant_message.id)
  await expect.poll(() => stored(ids), patience).toEqual(ids.map(() => 'streaming: kept '))
  const ownerOf = await owners(ids)
  const replaced = service.logged('a worker serves')
  killIfAlive(service.workers()[1] ?? 0)
  await expect.poll(() => stored(ids), patience).toContain('interrupted: kept ')
  gate.open()
  await expect.poll(() => stored(ids), patience).not.toContain('streaming: kept ')
  const states = await stored(ids)
  const lost = ids.filter((_, index) => states[index] === 'interrupted: kept ')
  expect(new Set(states)).toEqual(new Set(['interrupted: kept ', 'complete: kept late']))
  const owner = ownerOf.get(lost[0] ?? '')
  expect(lost).toEqual(ids.filter((id) => ownerOf.get(id) === owner))
  await replaced
  expect(service.workers()).toHaveLength(3)
  upstream.always({ text: ['and more'] })
  const params = { message_id: lost[0] ?? '' }
  const again = await scene.anyWorker.call(contract.chat.continue, { params, body: {} })
  expect(again.assistant_message).toMatchObject({ state: 'complete', content: 'kept and more' })
})

test('a worker that dies is replaced, again and again, while the others serve', async () => {
  const { service, anyWorker } = scene
  for (let count = 0; count < 2; count++) {
    const replaced = service.logged('a worker serves')
    killIfAlive(service.workers().at(-1) ?? 0)
    await expect.poll(() => anyWorker.call(contract.health.ready, {})).toMatchObject({ status: 'ready' })
    await replaced
  }
  expect(service.workers()).toHaveLength(3)
})

test('a rolling restart takes over what has changed in `.env`, and stops at what is wrong there', async () => {
  const { service, anyWorker, dataDir } = scene
  const before = service.workers()
  const refused = service.logged('a new worker cannot serve; the workers that do stay')
  await writeFile(join(dataDir, '.env'), 'LLM_TEMPERATURE=hot\n')
  service.signal('SIGUSR2')
  expect(await refused).toMatchObject({ reason: expect.stringContaining('LLM_TEMPERATURE') })
  expect(service.workers()).toEqual(before)
  const renewed = service.logged('the workers are new')
  await writeFile(join(dataDir, '.env'), 'REGISTRATION=closed\n')
  service.signal('SIGUSR2')
  await renewed
  const body = { email: 'late@example.com', password: 'correct horse battery' }
  expect(await problemOf(anyWorker.call(contract.auth.register, { body }))).toMatchObject({
    code: 'registration_closed',
  })
})

function openAnswer(message: string) {
  return openTurn(scene.anyWorker, { project_id: scene.project.id, message })
}

/** Answers until every worker writes some: which one takes a connection is the system's choice. */
async function openAnswersEverywhere(): Promise<OpenTurn[]> {
  const answers: OpenTurn[] = []
  for (let count = 0; count < 20; count++) {
    answers.push(...(await Promise.all(Array.from({ length: 6 }, () => openAnswer('Hello')))))
    const ownerOf = await owners(answers.map(({ turn }) => turn.assistant_message.id))
    if (new Set(ownerOf.values()).size === 3) return answers
  }
  throw new Error('a worker got none of 120 connections')
}

/** State and text of each message, as the database has them. */
async function stored(ids: string[]): Promise<string[]> {
  const rows = await query<{ id: string; state: string; content: string }>('id, state, content', ids)
  const byId = new Map(rows.map(({ id, state, content }) => [id, `${state}: ${content}`]))
  return ids.map((id) => byId.get(id) ?? 'gone')
}

/** Which process writes each message. */
async function owners(ids: string[]): Promise<Map<string, string>> {
  const rows = await query<{ id: string; run_owner: string }>('id, run_owner', ids)
  return new Map(rows.map(({ id, run_owner }) => [id, run_owner]))
}

async function query<Row extends object>(columns: string, ids: string[]): Promise<Row[]> {
  return withSession(scene.database.superuserUrl, async (client) => {
    const { rows } = await client.query<Row & Record<string, unknown>>(
      `SELECT ${columns} FROM messages WHERE id = ANY ($1)`,
      [ids],
    )
    return rows
  })
}
