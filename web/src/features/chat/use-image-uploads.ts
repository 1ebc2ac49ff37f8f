import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { useClient } from '../../lib/account.tsx'
import { loadedOf, useLazyPart } from '../../lib/lazy-part.ts'
import type { ComposerImages, ImageUploads } from './image-uploads.ts'
import { laterParts } from './later-parts.ts'

const none: ComposerImages = { images: [], isOverfull: false }

/** The images of the composer of one conversation. They are gone with it: a draft keeps its text alone. */
export function useImageUploads(projectId: string) {
  const client = useClient()
  const [uploads, setUploads] = useState<ImageUploads | null>(null)
  const opened = useRef<ImageUploads>(null)
  useEffect(() => () => uploads?.clear(), [uploads])
  const chosen = useSyncExternalStore(uploads?.subscribe ?? unheard, uploads?.getSnapshot ?? (() => none))
  const Tray = useLazyPart(laterParts, chosen.images.length > 0)?.ImageTray ?? null
  return {
    uploads,
    chosen,
    Tray,
    async change(work: (uploads: ImageUploads) => void) {
      await laterParts.load()
      opened.current ??= loadedOf(laterParts.getState())?.openImageUploads(client, projectId) ?? null
      if (opened.current) work(opened.current)
      setUploads(opened.current)
    },
  }
}

const unheard = () => () => undefined

/** The images among what was pasted or dropped. */
export function imagesIn(data: DataTransfer): File[] {
  return Array.from(data.files).filter(({ type }) => type.startsWith('image/'))
}
