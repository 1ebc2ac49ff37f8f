import type { Fallback } from '@chatbot-platform/contract'
import { ArrowDown, ArrowUp, X } from 'lucide-react'
import { useId } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useModels } from '../../lib/queries/models.ts'
import { IconButton } from '../../ui/icon-button.tsx'
import { isOffered } from './model-choice.ts'
import { ModelSelect } from './model-select.tsx'

/** A fallback with a name that stays when it moves. */
export interface FallbackRow extends Fallback {
  key: string
}

interface FallbackItemProps {
  row: FallbackRow
  index: number
  isLast: boolean
  error: string | undefined
  onChange: (row: FallbackRow) => void
  /** -1 up, 1 down. */
  onMove: (by: -1 | 1) => void
  onRemove: () => void
}

export function FallbackItem({ row, index, isLast, error, onChange, onMove, onRemove }: FallbackItemProps) {
  const { t } = useTranslation('bots')
  const { data: models } = useModels()
  const noteId = useId()
  const number = index + 1
  const note = error ?? (models && !isOffered(row, models) ? t('model.notOffered') : undefined)
  return (
    <li className="flex flex-wrap items-center gap-x-1 gap-y-1">
      <span aria-hidden className="w-5 text-muted tabular-nums">
        {number}
      </span>
      <div className="min-w-0 flex-1 basis-60">
        <ModelSelect
          value={row}
          onChange={({ provider, model }) => onChange({ ...row, provider: provider ?? row.provider, model })}
          attributes={{
            'aria-label': t('fallbacks.item', { number }),
            'aria-describedby': note ? noteId : undefined,
            'aria-invalid': error ? true : undefined,
          }}
        />
      </div>
      <div className="ms-auto flex">
        {/* A button that went dead under the finger would lose the focus. */}
        <IconButton
          icon={ArrowUp}
          label={t('fallbacks.up', { number })}
          aria-disabled={index === 0 || undefined}
          onClick={() => onMove(-1)}
          className="aria-disabled:opacity-40"
        />
        <IconButton
          icon={ArrowDown}
          label={t('fallbacks.down', { number })}
          aria-disabled={isLast || undefined}
          onClick={() => onMove(1)}
          className="aria-disabled:opacity-40"
        />
        <IconButton icon={X} label={t('fallbacks.remove', { number })} onClick={onRemove} />
      </div>
      {note && (
        <p id={noteId} className={`w-full ps-6 text-sm ${error ? 'text-danger' : 'text-warning'}`}>
          {note}
        </p>
      )}
    </li>
  )
}
