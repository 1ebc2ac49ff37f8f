import type { Source } from '@chatbot-platform/contract'
import { Globe, Map as MapIcon, RefreshCw, Trash2 } from 'lucide-react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useProblemText } from '../../lib/problems.ts'
import { Button } from '../../ui/button.tsx'
import { IconButton } from '../../ui/icon-button.tsx'
import { TimeAgo } from '../../ui/time-ago.tsx'
import { toast } from '../../ui/toast.tsx'
import { Failure } from './failure.tsx'
import { RefreshField } from './refresh-field.tsx'
import { isCrawled, type useSourceChanges } from './use-sources.ts'

interface SourceRowProps {
  source: Source
  changes: ReturnType<typeof useSourceChanges>
  onRemove: () => void
}

/** One web source: its address, how its last reading went, and when the next one is. */
export function SourceRow({ source, changes, onRemove }: SourceRowProps) {
  const { t } = useTranslation('knowledge')
  const problemText = useProblemText()
  const { url, kind, refresh_hours: hours } = source
  const Icon = kind === 'sitemap' ? MapIcon : Globe
  const onError = (error: unknown) => toast({ text: t('failed', { name: url, reason: problemText(error) }) })
  return (
    <li className="flex items-start gap-3 py-3">
      <Icon size={20} strokeWidth={1.75} aria-hidden className="mt-0.5 shrink-0 text-muted" />
      <div className="flex min-w-0 flex-1 flex-col gap-1.5">
        <h2 dir="ltr" className="line-clamp-2 text-start font-medium">
          <Address url={url} />
        </h2>
        <SourceState source={source} />
        <div className="flex flex-wrap items-end gap-x-3 gap-y-2">
          <RefreshField
            label={t('refresh.label')}
            className="w-full sm:w-auto sm:flex-row sm:items-center"
            value={hours}
            onChange={(refreshHours) => changes.update.mutate({ source, refreshHours }, { onError })}
          />
          <Button
            aria-label={t('sources.readNowOf', { url })}
            busy={isCrawled(source)}
            onClick={() => changes.crawl.mutate(source, { onError })}
          >
            <RefreshCw size={16} strokeWidth={1.75} aria-hidden />
            {t('sources.readNow')}
          </Button>
        </div>
      </div>
      <IconButton icon={Trash2} label={t('sources.remove', { url })} onClick={onRemove} />
    </li>
  )
}

function Address({ url }: { url: string }) {
  if (!/^https?:\/\//.test(url)) return url
  return (
    <a href={url} target="_blank" rel="noopener noreferrer nofollow" className="rounded-sm hover:underline">
      {url}
    </a>
  )
}

function SourceState({ source }: { source: Source }) {
  const { t } = useTranslation('knowledge')
  const { url, state, error, pages, last_crawled_at: last, next_crawl_at: next } = source
  const found = pages.read + pages.unchanged
  return (
    <div className="flex flex-col gap-1 text-muted text-sm" role="status">
      {state === 'failed' ? (
        <Failure name={url} error={error} />
      ) : (
        <p>{state === 'ready' ? t('sources.read', { count: found }) : t(`sources.states.${state}`)}</p>
      )}
      {(pages.skipped > 0 || pages.failed > 0) && (
        <p>{t('sources.left', { skipped: pages.skipped, failed: pages.failed })}</p>
      )}
      <p className="flex flex-wrap gap-x-3">
        {last && <TimeAgo time={last} text={(time) => t('sources.last', { time })} />}
        {next && !isCrawled(source) && <TimeAgo time={next} text={(time) => t('sources.next', { time })} />}
      </p>
    </div>
  )
}
