import type { FileState, KnowledgeFile, KnowledgeSummary } from '@chatbot-platform/contract'
import { FileText } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useSearchParams } from '../../lib/router/use-router.tsx'
import { Button } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { SelectField } from '../../ui/field.tsx'
import { QueryStates } from '../../ui/query-states.tsx'
import { SkeletonRows } from '../../ui/skeleton.tsx'
import { FileRow } from './file-row.tsx'
import { RemoveFileDialog } from './remove-file-dialog.tsx'
import { useFileChanges, useFiles } from './use-files.ts'

const states: readonly FileState[] = ['queued', 'reading', 'embedding', 'ready', 'failed']

interface FileListProps {
  projectId: string
  summary: KnowledgeSummary | undefined
}

/** The documents of a bot, newest first, all of them or those in one state. */
export function FileList({ projectId, summary }: FileListProps) {
  const { t } = useTranslation('knowledge')
  const [params, setParams] = useSearchParams()
  const state = states.find((one) => one === params.get('state'))
  const files = useFiles(projectId, state)
  const choose = (value: string) => setParams(value === '' ? {} : { state: value }, { replace: true })
  return (
    <section aria-label={t('documents')} className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
        <h2 className="font-semibold text-[1rem]">{t('documents')}</h2>
        <SelectField
          label={t('filter.label')}
          className="flex-row items-center"
          value={state ?? ''}
          onChange={({ target }) => choose(target.value)}
        >
          <option value="">{t('filter.all')}</option>
          {states.map((one) => (
            <option key={one} value={one}>
              {t(`filter.${one}`)}
            </option>
          ))}
        </SelectField>
      </div>
      <QueryStates query={files} loading={<SkeletonRows count={4} className="h-16" />}>
        {(found) => <Found files={found} isFiltered={state !== undefined} {...{ projectId, summary }} />}
      </QueryStates>
      {files.hasNextPage && (
        <Button
          className="self-center"
          busy={files.isFetchingNextPage}
          onClick={() => void files.fetchNextPage({ cancelRefetch: false })}
        >
          {t('more')}
        </Button>
      )}
    </section>
  )
}

interface FoundProps extends FileListProps {
  files: KnowledgeFile[]
  isFiltered: boolean
}

function Found({ files, isFiltered, projectId, summary }: FoundProps) {
  const { t } = useTranslation('knowledge')
  const changes = useFileChanges(projectId)
  const [removed, setRemoved] = useState<KnowledgeFile | null>(null)
  return (
    <>
      {files.length === 0 ? (
        <EmptyState icon={FileText} text={t(isFiltered ? 'filter.none' : 'empty')} />
      ) : (
        <ul aria-label={t('documents')} className="flex flex-col divide-y divide-line">
          {files.map((file) => (
            <FileRow
              key={file.id}
              file={file}
              limits={summary?.limits}
              changes={changes}
              onRemove={() => setRemoved(file)}
            />
          ))}
        </ul>
      )}
      {removed && <RemoveFileDialog file={removed} onClose={() => setRemoved(null)} />}
    </>
  )
}
