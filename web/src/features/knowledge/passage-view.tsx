import { ApiError } from '@chatbot-platform/client'
import { FileText } from 'lucide-react'
import { useTranslation } from '../../i18n/use-translation.ts'
import type { PassagePlace } from '../../lib/opened-passage.ts'
import { useProblemText } from '../../lib/problems.ts'
import { Link } from '../../lib/router/link.tsx'
import { buttonClass } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { SkeletonRows } from '../../ui/skeleton.tsx'
import { FileFacts } from './file-facts.tsx'
import { PassageList } from './passage-list.tsx'
import { useFile } from './use-files.ts'

/** So many passages around the one that was asked for; more of them come on demand. */
const pageSize = 7

/** A passage with what stands around it, beside a conversation. */
export function PassageView({ place: { projectId, fileId, ordinal } }: { place: PassagePlace }) {
  const { t } = useTranslation('knowledge')
  const problemText = useProblemText()
  const file = useFile(projectId, fileId)
  if (file.isPending) return <SkeletonRows count={3} className="h-32" />
  if (!file.data) {
    const isGone = file.error instanceof ApiError && file.error.problem.code === 'not_found'
    return <EmptyState icon={FileText} text={isGone ? t('missing') : problemText(file.error)} />
  }
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="text-muted">
          <FileFacts file={file.data} />
        </p>
        <Link to={`/app/bots/${projectId}/knowledge/${fileId}?passage=${ordinal}`} className={buttonClass()}>
          <FileText size={16} strokeWidth={1.75} aria-hidden />
          {t('passages.whole')}
        </Link>
      </div>
      <PassageList projectId={projectId} fileId={fileId} marked={ordinal} pageSize={pageSize} />
    </div>
  )
}
