import { contract } from '@chatbot-platform/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTokenEstimator, fitToWindow } from '../../src/modules/chat/context-window.ts'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { ask } from '../support/turns.ts'

const oneToken = (characters: number) => characters
const question = [{ role: 'user', content: 'Now?' }] as const
const wide = { contextWindow: 10_000, maxTokens: 100, historyTokens: 10_000 }

describe('fitting a conversation into a window', () => {
  test('keeps the newest messages, the system prompt and the question', () => {
    const history = ['assistant', 'A2', 'user', 'Q2', 'assistant', 'A1', 'user', 'Q1']
    const limits = { ...wide, historyTokens: 2 * (2 + 4) }
    const messages = fitToWindow({ system: 'Be brief.', history, question }, limits, oneToken)
    expect(messages.map(({ content }) => content)).toEqual(['Be brief.', 'Q2', 'A2', 'Now?'])
  })

  test('never begins with an answer, and leaves out answers without text', () => {
    const history = ['assistant', '', 'user', 'Q2', 'assistant', 'A1', 'user', 'long question']
    const limits = { ...wide, historyTokens: 2 * (2 + 4) }
    const messages = fitToWindow({ system: null, history, question }, limits, oneToken)
    expect(messages.map(({ content }) => content)).toEqual(['Q2', 'Now?'])
  })

  test('makes room for the answer', () => {
    const history = ['assistant', 'x'.repeat(500), 'user', 'Q1']
    const tight = { contextWindow: 1000, maxTokens: 600, historyTokens: 10_000 }
    expect(fitToWindow({ system: null, history, question }, tight, oneToken)).toEqual(question)
    expect(fitToWindow({ system: null, history, question }, { ...tight, maxTokens: 100 }, oneToken)).toHaveLength(3)
  })

  test('learns a model’s own ratio from what its provider counts', () => {
    const estimator = createTokenEstimator()
    const before = estimator.tokensOf('m', 1000)
    for (let turn = 0; turn < 30; turn++) estimator.learn('m', 1000, 1000)
    expect(before).toBeLessThan(300)
    expect(estimator.tokensOf('m', 1000)).toBeGreaterThan(950)
    expect(estimator.tokensOf('another', 1000)).toBe(before)
  })
})

describe('a long session', () => {
  let app: TestApp
  let user: TestUser
  beforeAll(async () => {
    app = await startTestApp({ env: { LLM_HISTORY_TOKENS: '100' } })
    user = await app.user()
  })
  afterAll(() => app.close())

  test('sends the system prompt and what fits of the newest messages', async () => {
    const project = await createProject(user)
    const params = { project_id: project.id }
    await user.client.call(contract.prompts.create, { params, body: { content: 'Be brief.' } })
    app.upstream.always({ text: ['x'.repeat(60)] })
    const first = await ask(user, project, 'Question 0')
    for (let turn = 1; turn <= 6; turn++) await ask(user, project, `Question ${turn}`, first.session_id)
    const sent = app.upstream.requests.at(-1)?.body.messages ?? []
    expect(sent[0]).toEqual({ role: 'system', content: 'Be brief.' })
    expect(sent.at(-1)?.content).toBe('Question 6')
    expect(sent.map(({ content }) => content)).not.toContain('Question 1')
    expect(sent[1]?.role).toBe('user')
  })

  test('answers a long question anew with the whole question', async () => {
    const project = await createProject(user)
    const long = 'a long question '.repeat(1000)
    const { assistant_message: answer } = await ask(user, project, long)
    await user.client.call(contract.chat.regenerate, { params: { message_id: answer.id }, body: {} })
    expect(app.upstream.requests.at(-1)?.body.messages).toEqual([{ role: 'user', content: long }])
  })
})
