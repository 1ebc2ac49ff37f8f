import { ArrowLeft } from 'lucide-react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { Link } from '../../lib/router/link.tsx'
import { useSearchParams } from '../../lib/router/use-router.tsx'
import { buttonClass } from '../../ui/button.tsx'
import { Page } from '../../ui/page.tsx'
import { NewBotForm } from './new-bot-form.tsx'
import { StartingPoints, startingPoints } from './starting-points.tsx'

/** First a starting point, then its texts in a form; `?start=` says which. */
export function NewBotPage() {
  const { t } = useTranslation('bots')
  const [search] = useSearchParams()
  const start = startingPoints.find(({ id }) => id === search.get('start'))
  if (!start) {
    return (
      <Page title={t('create.choose')} lead={t('create.lead')}>
        <StartingPoints />
      </Page>
    )
  }
  return (
    <Page
      title={t('create.title')}
      lead={t('create.lead')}
      actions={
        <Link to="/app/bots/new" className={buttonClass()}>
          <ArrowLeft size={16} strokeWidth={1.75} aria-hidden className="rtl:-scale-x-100" />
          {t('create.another')}
        </Link>
      }
    >
      <NewBotForm key={start.id} start={start} />
    </Page>
  )
}
