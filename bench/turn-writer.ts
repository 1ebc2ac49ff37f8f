import { v7 } from 'uuid'
import type { TurnRepository } from '../server/src/modules/chat/turn.repository.ts'
import type { Scope } from '../server/src/platform/scope.ts'
import { fillerDocuments } from './retrieval-filler.ts'

interface Writer {
  repository: TurnRepository
  scope: Scope
  projectId: string
}

interface Place {
  sessionId: string
  isNew: boolean
}

const turnsPerSession = 6
const conversationsAtOnce = 64
const bounds = { maxMessages: 500, maxChars: 32_000 }

/** Lengths of questions and answers are log-normal: most are short, some are many times as long. In characters. */
const lengths = { question: { median: 80, spread: 0.9 }, answer: { median: 700, spread: 0.7 }, longest: 8000 }
const text = [...fillerDocuments(2000, 50)].flatMap((document) => document.passages.map((one) => one.text)).join('. ')

/**
 * Stores conversations with the statements of the server, 64 at once. A run's text is stored `keeps` times before it ends,
 * as it is once a second while an answer streams.
 */
export async function writeTurns(writer: Writer, count: number, keeps: number): Promise<void> {
  let left = Math.ceil(count / turnsPerSession)
  await Promise.all(
    Array.from({ length: conversationsAtOnce }, async () => {
      while (left-- > 0) {
        const sessionId = v7()
        for (let turn = 0; turn < turnsPerSession; turn++) {
          await writeTurn(writer, { sessionId, isNew: turn === 0 }, keeps)
        }
      }
    }),
  )
}

async function writeTurn({ repository, scope, projectId }: Writer, { sessionId, isNew }: Place, keeps: number) {
  const id = v7()
  const [question, answer] = [textOf(lengths.question), textOf(lengths.answer)]
  const start = { mode: 'send' as const, projectId, sessionId, isNew, title: isNew ? question.slice(0, 60) : null }
  const rest = { targetId: null, promptId: null, knownEndId: null, prefix: '' }
  const ids = { userMessageId: v7(), assistantMessageId: id }
  await repository.begin(scope, { ...start, ...rest, ...ids, content: question }, bounds, null)
  const [promptTokens, completionTokens] = [Math.ceil(question.length / 4), Math.ceil(answer.length / 4)]
  const served = { provider: 'openai', model: 'gpt-4o-mini' }
  for (let keep = 1; keep <= keeps; keep++) {
    const content = answer.slice(0, (answer.length * keep) / (keeps + 1))
    const used = { prompt_tokens: promptTokens, completion_tokens: completionTokens, first_token_ms: 400 }
    const progress = { ...served, served_because: 'first_choice', ...used }
    await repository.keep([
      { workspaceId: scope.workspaceId, sessionId, messageId: id, content, progress, watched: false },
    ])
  }
  const account = { userId: scope.userId, projectId, projectName: 'Bench', sessionId }
  const used = { promptTokens, completionTokens, cachedPromptTokens: null, estimated: false }
  const end = { state: 'complete' as const, content: answer, finishReason: 'stop' as const, errorCode: null }
  const about = { ...served, servedBecause: 'first_choice', promptTokens, completionTokens, firstTokenMs: 400 }
  const price = { cost: 0.0001, priceVersion: 'list' }
  await repository.finish({ workspaceId: scope.workspaceId, id, account }, { ...end, ...about, ...price, used }, false)
}

function textOf({ median, spread }: { median: number; spread: number }): string {
  const normal = Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random())
  const length = Math.min(lengths.longest, Math.ceil(median * Math.exp(spread * normal)))
  const start = Math.floor(Math.random() * (text.length - length))
  return text.slice(start, start + length)
}
