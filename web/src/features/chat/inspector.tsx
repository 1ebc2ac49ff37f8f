import { type ReactNode, useState } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { storage } from '../../lib/storage.ts'
import { useMedia } from '../../lib/use-media.ts'
import { Dialog } from '../../ui/dialog.tsx'

/** From here on there is room for a panel beside the thread. */
const hasRoom = '(min-width: 1280px)'

const storageKey = 'chat-inspector'

/** Whether the inspector is open; as a panel it stays so on this device. */
export function useInspector(): { isOpen: boolean; toggle: () => void; close: () => void } {
  const isPanel = useMedia(hasRoom)
  const [isOpen, setOpen] = useState(isPanel && storage?.getItem(storageKey) === 'open')
  const change = (next: boolean) => {
    setOpen(next)
    if (!isPanel) return
    if (next) storage?.setItem(storageKey, 'open')
    else storage?.removeItem(storageKey)
  }
  return { isOpen, toggle: () => change(!isOpen), close: () => change(false) }
}

interface InspectorProps {
  isOpen: boolean
  onClose: () => void
  children: ReactNode
}

/** What the bot is told: a panel at the end where there is room, else a drawer. */
export function Inspector({ isOpen, onClose, children }: InspectorProps) {
  const { t } = useTranslation('chat')
  const isPanel = useMedia(hasRoom)
  if (!isPanel) {
    return (
      <Dialog open={isOpen} onClose={onClose} title={t('header.inspector')} side="end">
        <div className="min-h-0 flex-1 overflow-y-auto">{children}</div>
      </Dialog>
    )
  }
  if (!isOpen) return null
  return (
    <aside
      aria-label={t('header.inspector')}
      className="w-[22rem] shrink-0 overflow-y-auto border-line border-s bg-panel"
    >
      {children}
    </aside>
  )
}
