import type { Prompt } from '@chatbot-platform/contract'
import { useState } from 'react'
import { storage } from '../../lib/storage.ts'

export interface PromptDraft {
  text: string
  /** The version the text began as; undefined for a text from nothing. */
  base: Prompt | undefined
  isDirty: boolean
  /** Kept on this device until it is saved or discarded. */
  write: (text: string) => void
  /** Takes up a version, forgetting what was written. */
  open: (version: Prompt) => void
  /** Goes back to the active version. */
  discard: () => void
}

/** What stands in the editor of a bot's prompt: the active version, until something is written or another is opened. */
export function usePromptDraft(projectId: string, active: Prompt | undefined): PromptDraft {
  const place = `prompt-draft:${projectId}`
  const [{ written, opened }, setDraft] = useState<Draft>(() => ({ written: storage?.getItem(place) ?? undefined }))
  const base = opened ?? active
  const text = written ?? base?.content ?? ''
  const change = (draft: Draft) => {
    setDraft(draft)
    if (draft.written === undefined) storage?.removeItem(place)
    else keep(place, draft.written)
  }
  return {
    text,
    base,
    isDirty: text !== (base?.content ?? ''),
    write: (next) => change({ opened, written: next === (base?.content ?? '') ? undefined : next }),
    open: (version) => change({ opened: version.id === active?.id ? undefined : version }),
    discard: () => change({}),
  }
}

interface Draft {
  written?: string | undefined
  opened?: Prompt | undefined
}

function keep(place: string, text: string): void {
  try {
    storage?.setItem(place, text)
  } catch {
    // The browser's storage is full; the text stays in the page.
  }
}
