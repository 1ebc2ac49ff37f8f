import { Bot } from 'lucide-react'
import { useTranslation } from '../i18n/use-translation.ts'
import { Link } from '../lib/router/link.tsx'
import { buttonClass } from './button.tsx'
import { EmptyState } from './empty-state.tsx'

/** In the place of a bot's page, where the bot is not, or no longer, there. */
export function MissingBot() {
  const { t } = useTranslation('bots')
  return (
    <EmptyState
      icon={Bot}
      text={t('missing')}
      action={
        <Link to="/app/bots" className={buttonClass('primary')}>
          {t('common:bots.all')}
        </Link>
      }
    />
  )
}
