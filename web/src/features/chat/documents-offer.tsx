import { useTranslation } from '../../i18n/use-translation.ts'
import { useKnowledgeSummary } from '../../lib/queries/knowledge.ts'
import { Link } from '../../lib/router/link.tsx'
import { buttonClass } from '../../ui/button.tsx'

/** Where a bot has no documents: the way to give it some. */
export function DocumentsOffer({ projectId }: { projectId: string }) {
  const { t } = useTranslation('chat')
  const { data } = useKnowledgeSummary(projectId)
  if (data?.bytes !== 0) return null
  return (
    <Link to={`/app/bots/${projectId}/knowledge`} className={buttonClass('secondary', 'self-start')}>
      {t('empty.documents')}
    </Link>
  )
}
