import type { ChatTurn, Message } from '@chatbot-platform/contract'
import type { ListPage } from './http-client.ts'

/** Messages of a path, oldest first, with the cursors of what lies beyond either end; null where nothing does. */
export interface MessageWindow {
  messages: readonly Message[]
  older: string | null
  newer: string | null
}

export const emptyWindow: MessageWindow = { messages: [], older: null, newer: null }

/** Pages are asked for newest first, so that their `next` is older. */
type Page = ListPage<Message>

/** The window that a page is. Messages that are known and have not changed stay the same objects. */
export function windowOf(page: Page, known: MessageWindow, liveId: string | null): MessageWindow {
  const messages = oldestFirst(page, known, liveId)
  return sameOr(known, { messages, older: page.nextCursor, newer: page.prevCursor })
}

export function withOlder(window: MessageWindow, page: Page): MessageWindow {
  return { ...window, messages: [...oldestFirst(page, window, null), ...window.messages], older: page.nextCursor }
}

export function withNewer(window: MessageWindow, page: Page): MessageWindow {
  return { ...window, messages: [...window.messages, ...oldestFirst(page, window, null)], newer: page.prevCursor }
}

/**
 * The window with the path of a page in place of its own from where the two meet; the page alone where they do not.
 * `from` leaves out what the page has before that message.
 */
export function withPath(window: MessageWindow, page: Page, liveId: string | null, from?: string): MessageWindow {
  const shown = windowOf(page, window, liveId)
  const begin = from === undefined ? 0 : Math.max(0, indexOf(shown.messages, from))
  const path = shown.messages.slice(begin)
  const [first] = path
  if (first === undefined || (begin === 0 && shown.older === null)) return sameOr(window, shown)
  const kept = keptBefore(window.messages, first)
  if (kept === null) return sameOr(window, shown)
  return sameOr(window, { messages: [...kept, ...path], older: window.older, newer: shown.newer })
}

/** The window with a turn that was accepted; null where it does not follow anything that is shown. */
export function withTurn(window: MessageWindow, { message, assistant_message }: ChatTurn): MessageWindow | null {
  const kept = keptBefore(window.messages, message)
  if (kept === null) return null
  const known = window.messages.find(({ id }) => id === message.id)
  const older = message.parent_id === null ? null : window.older
  return { messages: [...kept, reuse(known, message), assistant_message], older, newer: null }
}

export function withMessage(window: MessageWindow, message: Message): MessageWindow {
  const index = indexOf(window.messages, message.id)
  return index < 0 ? window : { ...window, messages: window.messages.with(index, message) }
}

export function isUnderWay({ role, state }: Message): boolean {
  return role === 'assistant' && (state === 'pending' || state === 'streaming')
}

/** What comes before a message on its path, as far as it is in the list; null where the path is not. */
function keptBefore(messages: readonly Message[], { id, parent_id: parentId }: Message): readonly Message[] | null {
  const index = indexOf(messages, id)
  if (index >= 0) return messages.slice(0, index)
  if (parentId === null) return []
  const parentIndex = indexOf(messages, parentId)
  return parentIndex < 0 ? null : messages.slice(0, parentIndex + 1)
}

function oldestFirst(page: Page, { messages }: MessageWindow, liveId: string | null): Message[] {
  const known = new Map(messages.map((message) => [message.id, message]))
  return page.items.toReversed().map((message) => {
    const own = known.get(message.id)
    // The one that grows is followed on its own line, which is ahead of what is stored.
    return own && message.id === liveId ? own : reuse(own, message)
  })
}

function reuse(known: Message | undefined, message: Message): Message {
  return known && isSame(known, message) ? known : message
}

function isSame(one: Message, other: Message): boolean {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]) as Set<keyof Message>
  return [...names].every(
    (name) => one[name] === other[name] || JSON.stringify(one[name]) === JSON.stringify(other[name]),
  )
}

function sameOr(window: MessageWindow, next: MessageWindow): MessageWindow {
  const isUnchanged =
    window.messages.length === next.messages.length &&
    window.messages.every((message, index) => message === next.messages[index])
  return isUnchanged ? { ...next, messages: window.messages } : next
}

function indexOf(messages: readonly Message[], id: string): number {
  return messages.findLastIndex((message) => message.id === id)
}
