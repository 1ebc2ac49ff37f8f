import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '@chatbot-platform/client'
import { contract, type Message, type Project } from '@chatbot-platform/contract'
import { afterAll, beforeAll, describe, type TestContext, test } from 'vitest'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { spawnApp } from '../support/spawned-app.ts'
import { startUpstream } from '../support/upstream.ts'
import { bookedRuns, scopeOf } from '../usage/usage-events.ts'
import { endingOf, openTurn } from './race-turns.ts'

/** A lease lasts 15 s and is looked after every 5 s: by then the answer of a silent process is given up. */
const givenUpMs = 20_000
const slackMs = 3000

let watching: TestApp
let user: TestUser
let project: Project

beforeAll(async () => {
  watching = await startTestApp()
  user = await watching.user()
  project = await createProject(user)
})
afterAll(() => watching.close())

describe.concurrent('an answer whose process', () => {
  test('is frozen is given up by another one, and what the first writes later is fenced off', {
    timeout: 90_000,
  }, async ({ expect, onTestFinished }) => {
    const { app, upstream, gate, turn, events } = await openAnswer(onTestFinished)
    const id = turn.assistant_message.id
    await expect.poll(() => stored(id), { timeout: 5000 }).toMatchObject({ content: 'kept ', state: 'streaming' })
    app.freeze()
    const interrupted = await givenUp(id)
    expect(interrupted).toMatchObject({ content: 'kept ', state: 'interrupted', error_code: 'interrupted' })
    // The rest of the answer and its end wait in the socket of the frozen process.
    gate.open()
    app.thaw()
    const { event, message } = await endingOf(events)
    expect({ event, state: message.state }).toEqual({ event: 'error', state: 'interrupted' })
    expect(await stored(id)).toEqual(interrupted)
    expect(upstream.requests).toHaveLength(1)
    // What the first process would have booked came too late as well.
    expect(await bookedRuns(watching.database, id)).toMatchObject([{ state: 'interrupted', estimated: true }])
    const next = { project_id: project.id, session_id: turn.session_id, message: 'Go on' }
    const { turn: second } = await openTurn(createClient({ baseUrl: app.url, token: user.token }), next)
    expect(second.message).toMatchObject({ seq: 3, parent_id: id })
  })

  test('is killed is given up with the text that had come', { timeout: 60_000 }, async ({ expect, onTestFinished }) => {
    const { app, turn } = await openAnswer(onTestFinished)
    const id = turn.assistant_message.id
    await expect.poll(() => stored(id), { timeout: 5000 }).toMatchObject({ content: 'kept ', state: 'streaming' })
    await app.kill()
    const lost = await givenUp(id)
    expect(lost).toMatchObject({ content: 'kept ', state: 'interrupted', error_code: 'interrupted' })
    expect(lost).toMatchObject({ model: 'test-model', first_token_ms: expect.any(Number), prompt_tokens: null })
    const { userId } = scopeOf(user)
    // “Are you there?” and “kept ” at 3.5 characters a token.
    expect(await bookedRuns(watching.database, id)).toEqual([
      {
        ...{ state: 'interrupted', provider: 'openai-compatible', model: 'test-model', user_id: userId },
        ...{ prompt_tokens: 4, completion_tokens: 2, estimated: true, cost: null },
        ...{ project_id: project.id, project_name: project.name, session_id: turn.session_id },
      },
    ])
  })

  test('is silent can be cancelled all the same, and is booked once', {
    timeout: 60_000,
  }, async ({ expect, onTestFinished }) => {
    const { app, gate, turn, events } = await openAnswer(onTestFinished)
    const id = turn.assistant_message.id
    await expect.poll(() => stored(id), { timeout: 5000 }).toMatchObject({ content: 'kept ', state: 'streaming' })
    app.freeze()
    const cancelled = await user.client.call(contract.chat.cancel, { params: { message_id: id } })
    expect(cancelled).toMatchObject({ state: 'cancelled', content: 'kept ' })
    const booked = await bookedRuns(watching.database, id)
    expect(booked).toMatchObject([{ state: 'cancelled', completion_tokens: 2, estimated: true, cost: null }])
    gate.open()
    app.thaw()
    expect(await endingOf(events)).toMatchObject({ event: 'cancelled', message: { content: 'kept ' } })
    expect(await bookedRuns(watching.database, id)).toEqual(booked)
  })
})

/** A server of its own on the same database, with an answer whose first piece has come. */
async function openAnswer(onTestFinished: TestContext['onTestFinished']) {
  const upstream = await startUpstream()
  const gate = upstream.gate()
  upstream.always({ text: ['kept ', 'late ', 'later'], gate, gateAfter: 1 })
  const settings = { OPENAI_COMPATIBLE_BASE_URL: `${upstream.url}/v1`, LLM_MODEL: 'test-model' }
  const app = await spawnApp(watching.database.runtimeUrl, settings)
  onTestFinished(async () => {
    await app.kill()
    await upstream.close()
  })
  const client = createClient({ baseUrl: app.url, token: user.token })
  const { turn, events } = await openTurn(client, { project_id: project.id, message: 'Are you there?' })
  return { app, upstream, gate, turn, events }
}

/** The message as the other process sees it. */
function stored(id: string): Promise<Message> {
  return user.client.call(contract.chat.message, { params: { message_id: id } })
}

async function givenUp(id: string): Promise<Message> {
  const deadline = Date.now() + givenUpMs + slackMs
  for (;;) {
    const message = await stored(id)
    if (message.state !== 'streaming' || Date.now() > deadline) return message
    await sleep(200)
  }
}
