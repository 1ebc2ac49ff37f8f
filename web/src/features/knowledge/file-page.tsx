import { ApiError } from '@chatbot-platform/client'
import type { KnowledgeFile } from '@chatbot-platform/contract'
import { ArrowLeft, Download, FileText, RefreshCw, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useProblemText } from '../../lib/problems.ts'
import { useKnowledgeSummary } from '../../lib/queries/knowledge.ts'
import { Link } from '../../lib/router/link.tsx'
import { useNavigate, useParams, useSearchParams } from '../../lib/router/use-router.tsx'
import { Button, buttonClass } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Page } from '../../ui/page.tsx'
import { QueryStates } from '../../ui/query-states.tsx'
import { SkeletonRows } from '../../ui/skeleton.tsx'
import { toast } from '../../ui/toast.tsx'
import { FileFacts } from './file-facts.tsx'
import { FileStateLine } from './file-state.tsx'
import { PassageList } from './passage-list.tsx'
import { RemoveFileDialog } from './remove-file-dialog.tsx'
import { isBeingRead, useFile, useFileChanges } from './use-files.ts'

const pageSize = 30

/** One document: what was read from it. `?passage=12` leads to one of its passages, counted from 0. */
export function FilePage() {
  const { t } = useTranslation('knowledge')
  const { projectId = '', fileId = '' } = useParams()
  const file = useFile(projectId, fileId)
  const isGone = file.error instanceof ApiError && file.error.problem.code === 'not_found'
  return (
    <Page
      title={file.data?.name ?? t('document')}
      lead={file.data && <FileFacts file={file.data} />}
      actions={file.data && <FileActions file={file.data} />}
    >
      <Link to={`/app/bots/${projectId}/knowledge`} className={buttonClass('quiet', '-ms-3 self-start')}>
        <ArrowLeft size={16} strokeWidth={1.75} aria-hidden className="rtl:-scale-x-100" />
        {t('back')}
      </Link>
      {isGone ? (
        <EmptyState icon={FileText} text={t('missing')} />
      ) : (
        <QueryStates query={file} loading={<SkeletonRows count={3} className="h-32" />}>
          {(found) => <Content file={found} />}
        </QueryStates>
      )}
    </Page>
  )
}

function Content({ file }: { file: KnowledgeFile }) {
  const { t } = useTranslation('knowledge')
  const [params] = useSearchParams()
  const { data: summary } = useKnowledgeSummary(file.project_id)
  const passage = params.get('passage') ?? ''
  // Also while it is read anew, what was read before is still there.
  const hasText = file.state === 'ready' || file.indexed_at !== null
  return (
    <>
      <FileStateLine file={file} limits={summary?.limits} />
      {file.encoding && <p className="text-sm text-muted">{t('guessed', { encoding: file.encoding })}</p>}
      {hasText && (
        <PassageList
          key={passage}
          projectId={file.project_id}
          fileId={file.id}
          marked={/^\d{1,7}$/.test(passage) ? Number(passage) : null}
          pageSize={pageSize}
        />
      )}
    </>
  )
}

function FileActions({ file }: { file: KnowledgeFile }) {
  const { t } = useTranslation('knowledge')
  const problemText = useProblemText()
  const navigate = useNavigate()
  const changes = useFileChanges(file.project_id)
  const [isRemoving, setRemoving] = useState(false)
  const onError = (error: unknown) => toast({ text: t('failed', { name: file.name, reason: problemText(error) }) })
  return (
    <>
      <Button busy={changes.download.isPending} onClick={() => changes.download.mutate(file, { onError })}>
        <Download size={16} strokeWidth={1.75} aria-hidden />
        {t('download')}
      </Button>
      <Button busy={isBeingRead(file)} onClick={() => changes.reindex.mutate(file, { onError })}>
        <RefreshCw size={16} strokeWidth={1.75} aria-hidden />
        {t('reindex')}
      </Button>
      <Button variant="danger" onClick={() => setRemoving(true)}>
        <Trash2 size={16} strokeWidth={1.75} aria-hidden />
        {t('common:delete')}
      </Button>
      {isRemoving && (
        <RemoveFileDialog
          file={file}
          onClose={() => setRemoving(false)}
          onRemoved={() => void navigate(`/app/bots/${file.project_id}/knowledge`, { replace: true })}
        />
      )}
    </>
  )
}
