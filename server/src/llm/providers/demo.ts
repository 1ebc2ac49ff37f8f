import { setTimeout as sleep } from 'node:timers/promises'
import type { ChatMessage, ChatRequest, Provider, ProviderEvent } from '../provider.ts'
import { ProviderAborted } from '../provider-error.ts'

const model = 'demo'
/** Characters of the system prompt and of the question that an answer quotes. */
const quotedChars = 300

/**
 * Answers offline and says so: what the model would have seen, and how to connect a real one. `delayMs` passes between
 * two words, so that streaming can be watched.
 */
export function createDemoProvider({ delayMs = 20 }: { delayMs?: number } = {}): Provider {
  return {
    id: 'demo',
    name: 'Demo',
    defaultModel: model,
    chat: (request, signal) => answer(request, delayMs, signal),
    async listModels() {
      return [{ id: model, provider: 'demo', contextWindow: 8192, maxOutputTokens: null, ownedBy: 'chatbot-platform' }]
    },
    async close() {},
  }
}

async function* answer({ messages }: ChatRequest, delayMs: number, signal: AbortSignal): AsyncGenerator<ProviderEvent> {
  const text = demoText(messages)
  for (const word of text.match(/\s*\S+/g) ?? []) {
    await pace(delayMs, signal)
    yield { type: 'delta', text: word }
  }
  const usage = {
    promptTokens: estimateTokens(messages.map(({ content }) => content).join(' ')),
    completionTokens: estimateTokens(text),
    cachedPromptTokens: null,
    reasoningTokens: null,
    cost: 0,
  }
  yield { type: 'finish', reason: 'stop', model, usage, attempts: 1 }
}

async function pace(delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) throw new ProviderAborted()
  if (delayMs <= 0) return
  try {
    await sleep(delayMs, undefined, { signal })
  } catch {
    throw new ProviderAborted()
  }
}

function demoText(messages: ChatMessage[]): string {
  const system = messages.find(({ role }) => role === 'system')
  const conversation = messages.filter(({ role }) => role !== 'system')
  const question = conversation.at(-1)?.content ?? ''
  const earlier = Math.max(0, conversation.length - 1)
  return [
    'This is a demo answer: no language model is connected to this server.',
    system ? `The system prompt reads: "${quote(system.content)}"` : 'There is no system prompt.',
    `Before your message the conversation had ${earlier} ${earlier === 1 ? 'message' : 'messages'}.`,
    `You wrote: "${quote(question)}"`,
    'For real answers set GROQ_API_KEY in the file .env and start the server again; a free key is at https://console.groq.com/keys.',
  ].join('\n\n')
}

function quote(text: string): string {
  const line = text.replaceAll('\0', '').replace(/\s+/g, ' ').trim()
  return line.length > quotedChars ? `${line.slice(0, quotedChars).toWellFormed()}…` : line
}

/** Four characters a token, the usual rule of thumb for English text. */
function estimateTokens(text: string): number {
  return Math.ceil(text.length / 4)
}
