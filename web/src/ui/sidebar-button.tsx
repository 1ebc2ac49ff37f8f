import { PanelLeft } from 'lucide-react'
import { useTranslation } from '../i18n/use-translation.ts'
import { useSidebar } from '../lib/sidebar.tsx'
import { IconButton } from './icon-button.tsx'

/** Opens the sidebar where it is a drawer; nothing where it is always in view. */
export function SidebarButton() {
  const { t } = useTranslation()
  const { isDrawer, open } = useSidebar()
  if (!isDrawer) return null
  return <IconButton icon={PanelLeft} label={t('openMenu')} size={20} onClick={open} className="rtl:-scale-x-100" />
}
