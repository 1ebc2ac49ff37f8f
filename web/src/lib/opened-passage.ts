import type { Citation } from '@chatbot-platform/contract'
import { useSyncExternalStore } from 'react'

/** A passage of a document, as somebody wants to see it. */
export interface PassagePlace {
  projectId: string
  fileId: string
  /** The document's name, until the server has said. */
  name: string
  /** Of the passage in its document, from 0. */
  ordinal: number
}

let opened: PassagePlace | null = null
const listeners = new Set<() => void>()

/** Shows the passage that an answer cites beside the page, which stays as it is; nothing where it is not there any more. */
export function openCitation({ state, file_id: fileId, file_name: name, ordinal }: Citation, projectId: string): void {
  if (state === 'available' && fileId !== null) show({ projectId, fileId, name: name ?? '', ordinal })
}

export function closePassage(): void {
  show(null)
}

export function useOpenedPassage(): PassagePlace | null {
  return useSyncExternalStore(subscribe, () => opened)
}

function show(place: PassagePlace | null): void {
  opened = place
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
