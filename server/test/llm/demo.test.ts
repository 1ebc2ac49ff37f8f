import { describe, expect, test } from 'vitest'
import { ProviderAborted } from '../../src/llm/provider-error.ts'
import { createDemoProvider } from '../../src/llm/providers/demo.ts'
import { collect } from '../support/upstream-calls.ts'

describe('the demo', () => {
  const demo = createDemoProvider({ delayMs: 0 })

  test('says that it is one, how to get a model, and what it saw', async () => {
    const { text, finish } = await collect(demo, {
      messages: [
        { role: 'system', content: 'You are\na pirate.' },
        { role: 'user', content: 'Ahoy' },
        { role: 'assistant', content: 'Arr' },
        { role: 'user', content: 'Where is the gold?' },
      ],
    })
    expect(text).toContain('This is a demo answer')
    expect(text).toContain('GROQ_API_KEY')
    expect(text).toContain('https://console.groq.com/keys')
    expect(text).toContain('"You are a pirate."')
    expect(text).toContain('2 messages')
    expect(text).toContain('"Where is the gold?"')
    expect(finish).toMatchObject({ reason: 'stop', model: 'demo', attempts: 1, usage: { cost: 0 } })
    expect(finish?.usage?.completionTokens).toBe(Math.ceil(text.length / 4))
  })

  test('quotes a long question in part and without breaking a character', async () => {
    const { text } = await collect(demo, { messages: [{ role: 'user', content: `a${'😀'.repeat(500)}\0` }] })
    expect(text).toContain('…')
    expect(text.isWellFormed()).toBe(true)
    expect(text).toContain('no system prompt')
  })

  test('speaks word by word and stops at once when aborted', async () => {
    const slow = createDemoProvider({ delayMs: 5 })
    const controller = new AbortController()
    const seen: string[] = []
    const onDelta = (text: string) => {
      if (seen.push(text) === 3) controller.abort()
    }
    const { error, text } = await collect(slow, {}, { signal: controller.signal, onDelta })
    expect(error).toBeInstanceOf(ProviderAborted)
    expect(text).toBe('This is a')
    expect(seen).toHaveLength(3)
  })

  test('lists itself', async () => {
    expect(await demo.listModels(AbortSignal.timeout(100))).toMatchObject([{ id: 'demo', provider: 'demo' }])
  })
})
