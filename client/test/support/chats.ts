import {
  type ChatSession,
  type ChatSessionOptions,
  type ChatSnapshot,
  createChatSession,
  createClient,
  type KeyValueStorage,
} from '@chatbot-platform/client'
import { contract, type Message, type Project } from '@chatbot-platform/contract'
import { expect, onTestFinished } from 'vitest'
import type { TestUser } from '../../../server/test/support/app.ts'

/** Patience for tests: everything that a person would wait for is short. */
const timing = { firstPauseMs: 40, longestPauseMs: 150 }

export interface ChatScene {
  user: TestUser
  project: Project
  /** Another way to the server, e.g. a line that can be cut. */
  url?: string
}

/** A chat that is started, and closed when the test is over. */
export function openChat({ user, project, url }: ChatScene, options: Partial<ChatSessionOptions> = {}): ChatSession {
  const client = url === undefined ? user.client : createClient({ baseUrl: url, token: user.token })
  const given = { ...options, timing: { ...timing, ...options.timing } }
  const chat = createChatSession({ client, projectId: project.id, ...given })
  onTestFinished(() => chat.close())
  chat.start()
  return chat
}

/** Resolves with the first snapshot of which this is true. */
export function until(
  chat: ChatSession,
  isSo: (snapshot: ChatSnapshot) => boolean,
  timeoutMs = 8000,
): Promise<ChatSnapshot> {
  return new Promise((resolve, reject) => {
    const unsubscribe = chat.subscribe(look)
    const timer = setTimeout(() => {
      unsubscribe()
      reject(new Error(`it did not happen; the chat shows ${JSON.stringify(chat.getSnapshot(), null, 1)}`))
    }, timeoutMs)
    look()

    function look(): void {
      const snapshot = chat.getSnapshot()
      if (!isSo(snapshot)) return
      clearTimeout(timer)
      unsubscribe()
      resolve(snapshot)
    }
  })
}

export function ready(chat: ChatSession): Promise<ChatSnapshot> {
  return until(chat, ({ status }) => status === 'ready')
}

/** Nothing is under way, and so many messages are there. */
export function settled(chat: ChatSession, count: number, timeoutMs?: number): Promise<ChatSnapshot> {
  return until(chat, ({ run, messages }) => run === null && messages.length === count, timeoutMs)
}

/** The answer under way has been accepted and shows at least this text. */
export async function streaming(chat: ChatSession, text: string): Promise<string> {
  const { run } = await until(chat, (snapshot) => typeof snapshot.run?.messageId === 'string')
  const id = run?.messageId ?? ''
  await expect.poll(() => chat.liveText(id), { timeout: 5000, interval: 5 }).toContain(text)
  return id
}

/** What the conversation says, as this snapshot shows it. */
export function said({ messages }: ChatSnapshot): string[] {
  return messages.map(({ content }) => content)
}

export function idOf({ messages }: ChatSnapshot, index: number): string {
  return messages.at(index)?.id ?? ''
}

export function sessionIdOf({ session }: ChatSnapshot): string {
  return session?.id ?? ''
}

/** The messages of a session as the server has them. */
export function storedMessages(user: TestUser, sessionId: string): Promise<Message[]> {
  return user.client.call(contract.sessions.messages, { params: { session_id: sessionId }, query: { limit: 100 } })
}

/** The whole session, paths beside the one shown included. */
export async function allMessages(user: TestUser, sessionId: string): Promise<Message[]> {
  const call = { params: { session_id: sessionId }, query: { format: 'json' as const } }
  return (await user.client.call(contract.sessions.export, call)).messages
}

/** A storage such as a browser has. */
export function memoryStorage(): KeyValueStorage & { size(): number } {
  const items = new Map<string, string>()
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
    size: () => items.size,
  }
}
