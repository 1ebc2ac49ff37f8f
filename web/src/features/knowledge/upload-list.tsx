import type { KnowledgeSummary } from '@chatbot-platform/contract'
import { CircleAlert, Info, RefreshCw, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useFormat } from '../../lib/format.ts'
import { useProblemText } from '../../lib/problems.ts'
import { Button } from '../../ui/button.tsx'
import { IconButton } from '../../ui/icon-button.tsx'
import { useReason } from './file-words.ts'
import { ProgressBar } from './progress-bar.tsx'
import { isUnderWay, type Upload, type UploadQueue, type Uploads } from './upload-queue.ts'

/** Of those that wait their turn; the others are counted. */
const maxShown = 5

interface UploadListProps {
  queue: UploadQueue
  uploads: Uploads
  limits: KnowledgeSummary['limits'] | undefined
}

/** What is on its way to the server, and what did not arrive with the reason; nothing where there is neither. */
export function UploadList({ queue, uploads, limits }: UploadListProps) {
  const { t } = useTranslation('knowledge')
  const { list } = uploads
  const underWay = list.filter(isUnderWay)
  const settled = list.filter((upload) => !isUnderWay(upload))
  const hiddenCount = underWay.length - maxShown
  return (
    <>
      <p role="status" className="sr-only">
        <Announcement uploads={uploads} problems={settled.length} />
      </p>
      {list.length > 0 && (
        <section aria-label={t('uploads.title')} className="flex flex-col gap-3 rounded-lg border border-line p-4">
          <Heading queue={queue} uploads={uploads} isUnderWay={underWay.length > 0} />
          <ul className="flex flex-col gap-3">
            {underWay.slice(0, maxShown).map((upload) => (
              <Sending key={upload.id} upload={upload} onCancel={() => queue.dismiss(upload.id)} />
            ))}
            {hiddenCount > 0 && <li className="text-muted text-sm">{t('uploads.others', { count: hiddenCount })}</li>}
            {settled.map((upload) => (
              <Settled key={upload.id} upload={upload} queue={queue} limits={limits} />
            ))}
          </ul>
        </section>
      )}
    </>
  )
}

/** Said aloud when it changes: no step of the progress, only the whole. */
function Announcement({ uploads: { isBusy, stored, total }, problems }: { uploads: Uploads; problems: number }) {
  const { t } = useTranslation('knowledge')
  if (total === 0) return null
  if (isBusy) return t('uploads.begun', { count: total })
  return problems > 0
    ? `${t('uploads.stored', { count: stored })} ${t('uploads.notStored', { count: problems })}`
    : t('uploads.stored', { count: stored })
}

function Heading({ queue, uploads, isUnderWay: isBusy }: Omit<UploadListProps, 'limits'> & { isUnderWay: boolean }) {
  const { t } = useTranslation('knowledge')
  const format = useFormat()
  const { stored, total, pausedUntil } = uploads
  return (
    <div className="flex flex-wrap items-center justify-between gap-2">
      <h2 className="font-semibold">
        {isBusy
          ? t('uploads.progress', { done: format.number(stored), total: format.number(total) })
          : t('uploads.problems')}
      </h2>
      {pausedUntil !== null && <p className="text-muted text-sm">{t('uploads.paused')}</p>}
      <Button variant="quiet" onClick={() => (isBusy ? queue.cancelAll() : queue.dismissSettled())}>
        {t(isBusy ? 'uploads.cancelAll' : 'uploads.dismissAll')}
      </Button>
    </div>
  )
}

function Sending({ upload, onCancel }: { upload: Upload; onCancel: () => void }) {
  const { t, language } = useTranslation('knowledge')
  const { file, state } = upload
  const share = state.kind === 'sending' ? state.share : 0
  const percent = new Intl.NumberFormat(language, { style: 'percent' }).format(share)
  return (
    <li className="flex items-center gap-2">
      <div className="flex min-w-0 flex-1 flex-col gap-1">
        <p className="flex justify-between gap-3 text-sm">
          <bdi className="truncate">{nameOf(file)}</bdi>
          <span className="shrink-0 text-muted tabular-nums">
            {state.kind === 'waiting' ? t('uploads.waiting') : percent}
          </span>
        </p>
        {state.kind === 'sending' && <ProgressBar share={share} label={t('uploads.of', { name: file.name })} />}
      </div>
      <IconButton icon={X} label={t('uploads.cancel', { name: file.name })} onClick={onCancel} />
    </li>
  )
}

interface SettledProps {
  upload: Upload
  queue: UploadQueue
  limits: KnowledgeSummary['limits'] | undefined
}

function Settled({ upload: { id, file, state }, queue, limits }: SettledProps) {
  const { t } = useTranslation('knowledge')
  const problemText = useProblemText()
  const reason = useReason(limits)
  const isHarmless = state.kind === 'exists'
  const Icon = isHarmless ? Info : CircleAlert
  return (
    <li className="flex items-start gap-2">
      <Icon
        size={16}
        strokeWidth={1.75}
        aria-hidden
        className={isHarmless ? 'mt-0.5 text-muted' : 'mt-0.5 text-danger'}
      />
      <div className="flex min-w-0 flex-1 flex-col gap-1 text-sm">
        <p className="font-medium">
          <bdi>{nameOf(file)}</bdi>
        </p>
        {state.kind === 'exists' && <Words>{t('uploads.exists', { name: state.as })}</Words>}
        {state.kind === 'refused' && <Words>{reason(state.code)}</Words>}
        {state.kind === 'failed' && <Words>{problemText(state.error)}</Words>}
      </div>
      {state.kind === 'failed' && (
        <IconButton icon={RefreshCw} label={t('retryOf', { name: file.name })} onClick={() => queue.retry(id)} />
      )}
      <IconButton icon={X} label={t('uploads.dismiss', { name: file.name })} onClick={() => queue.dismiss(id)} />
    </li>
  )
}

function Words({ children }: { children: ReactNode }) {
  return <p className="text-muted">{children}</p>
}

/** With its folders, where it came with one. */
function nameOf({ name, webkitRelativePath: path }: File): string {
  return path === '' ? name : path
}
