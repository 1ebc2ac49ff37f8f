import { EllipsisVertical } from 'lucide-react'
import type { ChatMenuProps } from '../features/chat/chat-header.tsx'
import { useSessionMenu } from '../features/sessions/session-menu.ts'
import { useSessionActions } from '../features/sessions/use-session-actions.ts'
import { useTranslation } from '../i18n/use-translation.ts'
import { IconButton } from '../ui/icon-button.tsx'
import { Menu } from '../ui/menu.tsx'

/** The menu in the header of a conversation: what the list offers for it, and the ways to its bot. */
export function ConversationMenu({ projectId, session, rename, botItems }: ChatMenuProps) {
  const { t } = useTranslation()
  const menuOf = useSessionMenu(useSessionActions(projectId))
  const own = session ? menuOf(session, rename) : []
  return (
    <Menu
      align="end"
      trigger={<IconButton icon={EllipsisVertical} label={t('more')} />}
      groups={[...own.slice(0, -1), botItems, ...own.slice(-1)]}
    />
  )
}
