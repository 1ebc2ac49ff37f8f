import { Compass } from 'lucide-react'
import { useTranslation } from '../i18n/use-translation.ts'
import { Link } from '../lib/router/link.tsx'
import { buttonClass } from '../ui/button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { SidebarButton } from '../ui/sidebar-button.tsx'

export function NotFoundPage() {
  const { t } = useTranslation()
  return (
    <div className="flex h-full flex-col">
      <title>{`${t('notFoundTitle')} · ${t('appName')}`}</title>
      <div className="p-2">
        <SidebarButton />
      </div>
      <div className="my-auto">
        <EmptyState
          icon={Compass}
          title={t('notFoundTitle')}
          text={t('notFound')}
          action={
            <Link to="/app/bots" className={buttonClass('primary')}>
              {t('notFoundAction')}
            </Link>
          }
        />
      </div>
    </div>
  )
}
