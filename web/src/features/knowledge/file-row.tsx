import type { KnowledgeFile, KnowledgeSummary } from '@chatbot-platform/contract'
import { Download, Ellipsis, FileText, Globe, RefreshCw, Trash2 } from 'lucide-react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useProblemText } from '../../lib/problems.ts'
import { Link } from '../../lib/router/link.tsx'
import { useNavigate } from '../../lib/router/use-router.tsx'
import { Button } from '../../ui/button.tsx'
import { IconButton } from '../../ui/icon-button.tsx'
import { Menu } from '../../ui/menu.tsx'
import { toast } from '../../ui/toast.tsx'
import { FileFacts } from './file-facts.tsx'
import { FileStateLine } from './file-state.tsx'
import { iconOf } from './file-words.ts'
import { isBeingRead, type useFileChanges } from './use-files.ts'

interface FileRowProps {
  file: KnowledgeFile
  limits: KnowledgeSummary['limits'] | undefined
  changes: ReturnType<typeof useFileChanges>
  onRemove: () => void
}

/** One document of the list: what it is, how far it is, and what can be done with it. */
export function FileRow({ file, limits, changes, onRemove }: FileRowProps) {
  const { t } = useTranslation('knowledge')
  const problemText = useProblemText()
  const navigate = useNavigate()
  const Icon = file.url === null ? iconOf(file.kind) : Globe
  const path = `/app/bots/${file.project_id}/knowledge/${file.id}`
  const onError = (error: unknown) => toast({ text: t('failed', { name: file.name, reason: problemText(error) }) })
  const reindex = () => changes.reindex.mutate(file, { onError })
  return (
    <li className="flex items-start gap-3 py-3">
      <Icon size={20} strokeWidth={1.75} aria-hidden className="mt-0.5 shrink-0 text-muted" />
      <div className="flex min-w-0 flex-1 flex-col gap-1">
        <h3 className="font-medium">
          <Link to={path} className="line-clamp-2 rounded-sm hover:underline" title={file.name}>
            <bdi>{file.name}</bdi>
          </Link>
        </h3>
        <p className="text-muted text-sm">
          <FileFacts file={file} />
        </p>
        <FileStateLine file={file} limits={limits} />
        {file.state === 'failed' && (
          <Button className="mt-1 self-start" aria-label={t('retryOf', { name: file.name })} onClick={reindex}>
            <RefreshCw size={16} strokeWidth={1.75} aria-hidden />
            {t('common:retry')}
          </Button>
        )}
      </div>
      <Menu
        align="end"
        trigger={<IconButton icon={Ellipsis} label={t('actions', { name: file.name })} />}
        groups={[
          [
            { label: t('show'), icon: FileText, onSelect: () => void navigate(path) },
            { label: t('download'), icon: Download, onSelect: () => changes.download.mutate(file, { onError }) },
            { label: t('reindex'), icon: RefreshCw, isDisabled: isBeingRead(file), onSelect: reindex },
          ],
          [{ label: t('common:delete'), icon: Trash2, isDanger: true, onSelect: onRemove }],
        ]}
      />
    </li>
  )
}
