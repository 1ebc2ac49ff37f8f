import { setTimeout as sleep } from 'node:timers/promises'
import { readPassageBlock } from '../passages/passage-block.ts'
import type { ChatMessage, ChatRequest, Provider, ProviderEvent } from '../provider.ts'
import { ProviderAborted } from '../provider-error.ts'

const model = 'demo'
/** Characters of the system prompt and of the question that an answer quotes. */
const quotedChars = 300
const introduction = 'This is a demo answer: no language model is connected to this server.'
const remedy =
  'For real answers set GROQ_API_KEY in the file .env and start the server again; a free key is at https://console.groq.com/keys.'

/**
 * Answers offline and says so: what the model would have seen, and how to connect a real one. Given passages of documents, it
 * quotes the sentence that shares most with the question. `delayMs` passes between two words, so that streaming can be watched.
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
  const images = conversation.reduce((sum, message) => sum + (message.images?.length ?? 0), 0)
  const block = readPassageBlock(question)
  if (block) return fromDocuments(block)
  const earlier = Math.max(0, conversation.length - 1)
  return [
    introduction,
    system ? `The system prompt reads: "${quote(system.content)}"` : 'There is no system prompt.',
    `Before your message the conversation had ${earlier} ${earlier === 1 ? 'message' : 'messages'}.`,
    `You wrote: "${quote(question)}"`,
    ...(images === 0 ? [] : [`A model would see ${images} ${images === 1 ? 'image' : 'images'}.`]),
    remedy,
  ].join('\n\n')
}

function fromDocuments({ passages, rest }: NonNullable<ReturnType<typeof readPassageBlock>>): string {
  const best = bestSentence(passages, rest)
  if (!best) return [introduction, 'Nothing was found in the documents.', remedy].join('\n\n')
  const found = passages.length === 1 ? 'One passage was found' : `${passages.length} passages were found`
  const said = `${found} in the documents. Nearest to your question is this:\n\n> ${quote(best.text)} [${best.number}]`
  return [introduction, said, remedy].join('\n\n')
}

interface Sentence {
  number: number
  text: string
}

/** The one that shares most with the question, letters in a row counted, so that it works without knowing the language. */
function bestSentence(passages: { number: number; text: string }[], question: string): Sentence | null {
  const wanted = piecesOf(question)
  let best: (Sentence & { score: number }) | null = null
  for (const { number, text } of passages) {
    for (const { segment } of sentences.segment(text)) {
      const sentence = segment.trim()
      const pieces = piecesOf(sentence)
      const shared = [...pieces].filter((piece) => wanted.has(piece)).length
      // A heading of two words must not win over the sentence below it.
      const score = shared / Math.sqrt(pieces.size + 40)
      if (sentence !== '' && (best === null || score > best.score)) best = { number, text: sentence, score }
    }
  }
  return best
}

const sentences = new Intl.Segmenter(undefined, { granularity: 'sentence' })

function piecesOf(text: string): Set<string> {
  const pieces = new Set<string>()
  for (const [word] of text
    .normalize('NFKC')
    .toLowerCase()
    .matchAll(/[\p{L}\p{M}\p{N}]+/gu))
    for (let start = 0; start <= Math.max(0, word.length - pieceLength); start++)
      pieces.add(word.slice(start, start + pieceLength))
  return pieces
}

const pieceLength = 4

function quote(text: string): string {
  const line = text.replaceAll('\0', '').replace(/\s+/g, ' ').trim()
  return line.length > quotedChars ? `${line.slice(0, quotedChars).toWellFormed()}…` : line
}

/** Four characters a token, the usual rule of thumb for English text. */
function estimateTokens(text: string): number {
  return Math.ceil(text.length / 4)
}
