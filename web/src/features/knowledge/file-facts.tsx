import type { KnowledgeFile } from '@chatbot-platform/contract'
import { Fragment } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useFormat } from '../../lib/format.ts'
import { TimeAgo } from '../../ui/time-ago.tsx'
import { useBytes } from './file-words.ts'

/** `PDF · 80 pages · 1.2 MB · added 2 hours ago`. Each part is set apart, so that its numbers stay with its words. */
export function FileFacts({ file }: { file: KnowledgeFile }) {
  const { t } = useTranslation('knowledge')
  const format = useFormat()
  const bytes = useBytes()
  const { kind, pages, bytes: size, created_at: createdAt } = file
  const facts = [t(`kinds.${kind}`), ...(pages === null ? [] : [pageWords(pages)]), bytes(size)]

  function pageWords(count: number): string {
    return t(kind === 'pptx' ? 'slides' : 'pages', { count, shown: format.number(count) })
  }

  return (
    <>
      {facts.map((fact) => (
        <Fragment key={fact}>
          <bdi>{fact}</bdi> <span aria-hidden>·</span>{' '}
        </Fragment>
      ))}
      <bdi>
        <TimeAgo time={createdAt} text={(time) => t('added', { time })} />
      </bdi>
    </>
  )
}
