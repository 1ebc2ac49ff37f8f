import { setTimeout as sleep } from 'node:timers/promises'
import { type ChatSession, createChatSession } from '@chatbot-platform/client'
import { contract } from '@chatbot-platform/contract'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { openScene, type Scene } from './scene.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })

const requestsPerSecond = 50
const leastSeconds = 10
const pieces = Array.from({ length: 40 }, (_, index) => `${index} `)

let scene: Scene
let chats: ChatSession[] = []

beforeAll(async () => {
  scene = await openScene({ WORKERS: '3', SHUTDOWN_GRACE: '20' })
})
afterAll(async () => {
  for (const chat of chats) chat.close()
  await scene.close()
})

test('a rolling restart under load fails no request, and streams go on', async () => {
  const { service, upstream } = scene
  const before = service.workers()
  upstream.answers(({ body }) =>
    body.messages?.at(-1)?.content === longQuestion ? { text: pieces, delayMs: 250 } : { text: ['Fine.'] },
  )
  chats = await openChats(3)
  const restarted = service.logged('the workers are new')
  service.signal('SIGUSR2')
  const { sent, failures } = await load(restarted)
  expect(failures).toEqual([])
  expect(sent).toBeGreaterThanOrEqual(requestsPerSecond * leastSeconds * 0.8)
  expect(service.workers()).toHaveLength(3)
  expect(service.workers().filter((pid) => before.includes(pid))).toEqual([])
  await expect.poll(() => chats.map(lastAnswer), { timeout: 20_000 }).toEqual(chats.map(() => pieces.join('')))
  expect(chats.map((chat) => chat.getSnapshot().failure)).toEqual(chats.map(() => null))
})

const longQuestion = 'Count as far as you can.'

/** Conversations with a long answer under way, each read twice: where it was begun, and through any other worker. */
async function openChats(count: number): Promise<ChatSession[]> {
  const { client, anyWorker, project } = scene
  const begun = Array.from({ length: count }, () => createChatSession({ client, projectId: project.id }))
  for (const chat of begun) {
    chat.start()
    chat.send(longQuestion)
  }
  await expect.poll(() => begun.every(isStreaming), { timeout: 10_000 }).toBe(true)
  const read = begun.map((chat) =>
    createChatSession({ client: anyWorker, projectId: project.id, sessionId: chat.getSnapshot().session?.id ?? '' }),
  )
  for (const chat of read) chat.start()
  await expect.poll(() => read.every(isStreaming), { timeout: 10_000 }).toBe(true)
  return [...begun, ...read]
}

const isStreaming = (chat: ChatSession) => chat.getSnapshot().run?.phase === 'streaming'

function lastAnswer(chat: ChatSession): string | undefined {
  const { run, messages } = chat.getSnapshot()
  return run === null ? messages.at(-1)?.content : undefined
}

/** Reads, writes and turns at a steady rate until `isOver`, for ten seconds at least. */
async function load(isOver: Promise<unknown>): Promise<{ sent: number; failures: string[] }> {
  const failures: string[] = []
  const running: Promise<void>[] = []
  let over = false
  void isOver.then(() => {
    over = true
  })
  const startedAt = performance.now()
  for (let sent = 0; !over || performance.now() - startedAt < leastSeconds * 1000; sent++) {
    await sleep(Math.max(0, startedAt + (sent * 1000) / requestsPerSecond - performance.now()))
    const kind = kinds[sent % kinds.length] ?? list
    running.push(kind().catch((error: unknown) => void failures.push(`${kind.name} ${sent}: ${String(error)}`)))
  }
  await Promise.all(running)
  return { sent: running.length, failures }
}

async function list(): Promise<void> {
  await scene.client.call(contract.projects.list, { query: {} })
}

async function write(): Promise<void> {
  const params = { project_id: scene.project.id }
  await scene.client.call(contract.projects.update, { params, body: { description: 'Changed' } })
}

async function turn(): Promise<void> {
  const body = { project_id: scene.project.id, message: 'How are you?' }
  const { assistant_message: answer } = await scene.client.call(contract.chat.send, { body })
  if (answer.content !== 'Fine.') throw new Error(`the answer was ${answer.state}: ${answer.content}`)
}

async function stranger(): Promise<void> {
  await scene.anyWorker.call(contract.users.me, {})
}

const kinds = [list, write, list, turn, list, stranger, list, turn, list, stranger]
