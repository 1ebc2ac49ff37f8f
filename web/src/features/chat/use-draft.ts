import { useEffect, useRef, useState } from 'react'
import { storage } from '../../lib/storage.ts'

/** How long typing pauses before a draft is stored, in ms. */
const restMs = 300

interface Draft {
  text: string
  setText: (text: string) => void
}

/**
 * Text that is being written; it outlives a reload under `place`, and moves along when that changes (a new conversation
 * has got its session). Without a place it is not kept. `prefill` is added to what is there.
 */
export function useDraft(place: string | null, prefill: string | null): Draft {
  const [text, setText] = useState(() => joined(readDraft(place), prefill))
  const latest = useRef(text)
  const last = useRef(place)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => {
    if (place === null) return
    if (last.current !== null && last.current !== place) storage?.removeItem(last.current)
    last.current = place
    const keep = () => writeDraft(place, latest.current)
    keep()
    addEventListener('pagehide', keep)
    return () => {
      removeEventListener('pagehide', keep)
      clearTimeout(timer.current)
      keep()
    }
  }, [place])
  return {
    text,
    setText(next) {
      latest.current = next
      setText(next)
      clearTimeout(timer.current)
      if (place === null) return
      if (next === '') writeDraft(place, '')
      else timer.current = setTimeout(() => writeDraft(place, next), restMs)
    },
  }
}

/** Where the draft of a conversation is kept. */
export function draftPlace(projectId: string, sessionId: string | undefined): string {
  return sessionId === undefined ? `chat-draft:new:${projectId}` : `chat-draft:${sessionId}`
}

function readDraft(place: string | null): string {
  return (place !== null && storage?.getItem(place)) || ''
}

function writeDraft(place: string, text: string): void {
  try {
    if (text === '') storage?.removeItem(place)
    else storage?.setItem(place, text)
  } catch {
    // A full storage costs the memory of a reload, not the text.
  }
}

function joined(draft: string, prefill: string | null): string {
  if (!prefill || draft.includes(prefill)) return draft
  return draft === '' ? prefill : `${draft}\n\n${prefill}`
}
