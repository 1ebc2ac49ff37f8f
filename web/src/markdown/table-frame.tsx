import type { AlignType } from 'mdast'
import type { ReactNode } from 'react'
import { useTranslation } from '../i18n/use-translation.ts'
import { watchOverflow } from './watch-overflow.ts'

/** A table that scrolls sideways by itself, by keyboard too, rather than widening the page. */
export function TableFrame({ head, children }: { head: ReactNode; children: ReactNode }) {
  const { t } = useTranslation('chat')
  return (
    <figure ref={watchOverflow} className="table-frame" aria-label={t('markdown.table')}>
      <table dir="auto">
        <thead>
          <tr>{head}</tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </figure>
  )
}

/** Left and right as authors mean them: towards the start and the end of a line. */
export function textAlign(align: AlignType | undefined): string {
  if (align === 'center') return 'text-center'
  return align === 'right' ? 'text-end' : 'text-start'
}
