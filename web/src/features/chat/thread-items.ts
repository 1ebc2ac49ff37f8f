import type { ChatRun, ChatSnapshot } from '@chatbot-platform/client'
import type { Message } from '@chatbot-platform/contract'
import { useState } from 'react'

/** One row of the thread: a message, or a question that the server has not acknowledged yet. */
export type ThreadItem =
  | { kind: 'message'; key: string; message: Message; run: ChatRun | null; isNewest: boolean }
  | { kind: 'sending'; key: string; run: ChatRun }

/** The rows of the thread, and whether they have grown at the top since the last time. */
export function useThreadItems(snapshot: ChatSnapshot): { items: ThreadItem[]; isShifted: boolean } {
  const [known, setKnown] = useState({ snapshot, items: toItems(snapshot, []), isShifted: false })
  if (known.snapshot === snapshot) return known
  const items = toItems(snapshot, known.items)
  const next = { snapshot, items, isShifted: isShifted(known.items, items) }
  setKnown(next)
  return next
}

/** Rows that have not changed are the same objects as before, so that they are not rendered again. */
function toItems({ messages, run, hasNewer }: ChatSnapshot, known: ThreadItem[]): ThreadItem[] {
  const before = new Map(known.map((item) => [item.key, item]))
  const newest = messages.at(-1)
  const rows = messages.map((message): ThreadItem => {
    const item: ThreadItem = {
      kind: 'message',
      key: message.id,
      message,
      run: run?.messageId === message.id ? run : null,
      isNewest: !hasNewer && message === newest,
    }
    const own = before.get(message.id)
    return own && isSame(own, item) ? own : item
  })
  const isSending = run !== null && run.question !== null && !hasNewer
  return isSending ? [...rows, { kind: 'sending', key: 'sending', run }] : rows
}

function isSame(one: ThreadItem, other: ThreadItem): boolean {
  if (one.kind === 'sending' || other.kind === 'sending') return false
  return one.message === other.message && one.run === other.run && one.isNewest === other.isNewest
}

function isShifted(before: ThreadItem[], now: ThreadItem[]): boolean {
  const first = before[0]?.key
  return now[0]?.key !== first && now.length > before.length && now.some(({ key }) => key === first)
}
