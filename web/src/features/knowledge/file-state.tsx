import type { KnowledgeFile, KnowledgeSummary } from '@chatbot-platform/contract'
import { CircleCheck } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useFormat } from '../../lib/format.ts'
import { Failure } from './failure.tsx'
import { ProgressBar } from './progress-bar.tsx'

interface FileStateProps {
  file: KnowledgeFile
  limits: KnowledgeSummary['limits'] | undefined
}

/** How far a document is, in words: waiting, being read, to be found, or why not. */
export function FileStateLine({ file, limits }: FileStateProps) {
  const { t } = useTranslation('knowledge')
  const format = useFormat()
  switch (file.state) {
    case 'ready': {
      const count = file.passages ?? 0
      return (
        <Line tone="text-muted" icon={<CircleCheck {...iconLook} className="mt-px shrink-0 text-success" />}>
          {t('state.ready', { count, shown: format.number(count) })}
        </Line>
      )
    }
    case 'failed':
      return <Failure name={file.name} error={file.error} limits={limits} />
    case 'queued':
      return <Line tone="text-muted">{t(file.error ? 'state.again' : 'state.queued')}</Line>
    default:
      return <UnderWay file={file} />
  }
}

const iconLook = { size: 16, strokeWidth: 1.75, 'aria-hidden': true } as const

function UnderWay({ file }: { file: KnowledgeFile }) {
  const words = useProgressWords(file)
  const { progress } = file
  const share = progress?.total ? progress.done / progress.total : null
  return (
    <div className="flex flex-col gap-1">
      <Line tone="text-muted">{words}</Line>
      <ProgressBar share={share} label={words} />
    </div>
  )
}

function useProgressWords({ state, progress, kind }: KnowledgeFile): string {
  const { t } = useTranslation('knowledge')
  const format = useFormat()
  if (!progress) return t(state === 'embedding' ? 'state.embedding' : 'state.reading')
  const done = format.number(progress.done)
  const total = progress.total === null ? null : format.number(progress.total)
  if (state === 'embedding') return total === null ? t('state.embedding') : t('state.embeddingOf', { done, total })
  // Other kinds count characters or bytes, which say nothing to people.
  if (kind !== 'pdf' && kind !== 'pptx') return t('state.reading')
  return total === null ? t('state.readingPage', { done }) : t('state.readingOf', { done, total })
}

function Line({ tone, icon, children }: { tone: string; icon?: ReactNode; children: ReactNode }) {
  return (
    <p className={`flex items-start gap-1.5 text-sm ${tone}`}>
      {icon}
      <span className="min-w-0">{children}</span>
    </p>
  )
}
