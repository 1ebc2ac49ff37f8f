import { type Attachment, contract, type FeedbackInput, type Message } from '@chatbot-platform/contract'
import { ChatCore, type ChatSessionOptions } from './chat-core.ts'
import type { ChatSnapshot } from './chat-state.ts'
import { newKey, type QueuedMessage, queued } from './outbox.ts'
import { rateMessage } from './rating.ts'

/**
 * One conversation, outside of any view. Actions never throw: what went wrong is in the snapshot. All functions may be
 * passed on without their object.
 */
export interface ChatSession {
  /** The same object until something has changed. */
  getSnapshot(): ChatSnapshot
  /** Called after every change of the snapshot, which text that grows is not. */
  subscribe(listener: () => void): () => void
  /** The text of a message; of the answer under way, as far as it has come. */
  liveText(messageId: string): string
  /** Called when that text has grown, at most once a frame. */
  subscribeText(messageId: string, listener: () => void): () => void
  /** Loads, attaches to an answer under way, and sends what a reload has left unsent. After `close` it starts again. */
  start(): void
  /** Leaves; the answer goes on at the server. */
  close(): void
  reload(): Promise<void>
  /** Sends a message, or queues it while an answer is under way. A queue that a failure has held up goes on after it. */
  send(text: string, attachments?: readonly Attachment[]): void
  /** Takes a queued text back. */
  unqueue(id: string): string | undefined
  /** The same, with its images. */
  takeBack(id: string): QueuedMessage | undefined
  stop(): Promise<void>
  regenerate(messageId: string): void
  /** Asks a changed question with the images that are given, or with those it has. */
  edit(messageId: string, text: string, attachments?: readonly Attachment[]): void
  continueAnswer(messageId: string): void
  /** Does what failed again; with the same key, so that it still happens once. */
  retry(): void
  /** Forgets what failed, also its text. */
  dismissFailure(): void
  /** A message and those beside it. Throws what the client throws. */
  siblings(messageId: string): Promise<Message[]>
  /** Shows the path through a message, and goes on from there. */
  select(messageId: string): Promise<void>
  /** Rates an answer, or takes the rating back; seen at once, and taken back when it fails. */
  rate(messageId: string, feedback: FeedbackInput | null): Promise<void>
  loadOlder(): Promise<void>
  loadNewer(): Promise<void>
  showNewest(): Promise<void>
}

export function createChatSession(options: ChatSessionOptions): ChatSession {
  const core = new ChatCore(options)
  const { client, state, history, live, turns, outbox } = core
  const ask = core.ask.bind(core)
  return {
    getSnapshot: () => state.current,
    subscribe: (listener) => state.subscribe(listener),
    liveText: (id) => live.read(id) ?? history.find(id)?.content ?? '',
    subscribeText: (id, listener) => live.subscribe(id, listener),
    start: () => core.start(),
    close: () => core.close(),
    reload: () => core.load(),
    send: (text, attachments = []) => core.send(text, attachments),
    unqueue: (id) => outbox.remove(id)?.text ?? undefined,
    takeBack(id) {
      const entry = outbox.remove(id)
      return entry && queued(entry)
    },
    stop: () => turns.stop(),
    regenerate: (messageId) => ask('regenerate', { messageId }),
    edit: (messageId, text, attachments) => ask('edit', { messageId, text, ...(attachments ? { attachments } : {}) }),
    continueAnswer: (messageId) => ask('continue', { messageId }),
    retry: () => state.retry(),
    dismissFailure() {
      if (!turns.isBusy) outbox.dropSent()
      state.dismiss()
    },
    siblings: (messageId) => client.call(contract.chat.siblings, { params: { message_id: messageId } }),
    select: (messageId) => core.select(messageId, newKey()),
    rate: (messageId, feedback) => rateMessage({ client, state, history }, { messageId, feedback, key: newKey() }),
    loadOlder: () => core.attempt(() => history.loadOlder()),
    loadNewer: () => core.attempt(() => history.loadNewer()),
    showNewest: () => core.attempt(() => history.showNewest()),
  }
}
