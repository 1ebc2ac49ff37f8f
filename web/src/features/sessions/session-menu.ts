import type { ChatSession } from '@chatbot-platform/contract'
import { FileJson, FileText, Pencil, Pin, PinOff, Trash2 } from 'lucide-react'
import { useTranslation } from '../../i18n/use-translation.ts'
import type { MenuItem } from '../../ui/menu.tsx'
import type { SessionActions } from './use-session-actions.ts'

/** Gives the menu of what can be done to a conversation: what changes it, what saves it, and last what deletes it. */
export function useSessionMenu(actions: SessionActions): (session: ChatSession, rename: () => void) => MenuItem[][] {
  const { t } = useTranslation('sessions')
  const { t: common } = useTranslation()
  return (session, rename) => [
    [
      { label: t('rename'), icon: Pencil, onSelect: rename },
      session.pinned
        ? { label: t('unpin'), icon: PinOff, onSelect: () => actions.pin(session, false) }
        : { label: t('pin'), icon: Pin, onSelect: () => actions.pin(session, true) },
    ],
    [
      { label: t('exportMarkdown'), icon: FileText, onSelect: () => actions.save(session, 'markdown') },
      { label: t('exportJson'), icon: FileJson, onSelect: () => actions.save(session, 'json') },
    ],
    [{ label: common('delete'), icon: Trash2, isDanger: true, onSelect: () => actions.remove(session) }],
  ]
}
