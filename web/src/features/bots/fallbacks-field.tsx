import { ApiError } from '@chatbot-platform/client'
import { Plus } from 'lucide-react'
import { useRef, useState } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useModels } from '../../lib/queries/models.ts'
import { Button } from '../../ui/button.tsx'
import { FallbackItem, type FallbackRow } from './fallback-item.tsx'

const limit = 4

interface FallbacksFieldProps {
  value: FallbackRow[]
  onChange: (rows: FallbackRow[]) => void
  /** The provider of the bot itself; a first suggestion is another one. */
  provider: string | null
  /** What the server said to the last try to save. */
  error: unknown
}

/** What is tried, in order, when the bot's own model fails; at most four. */
export function FallbacksField({ value, onChange, provider, error }: FallbacksFieldProps) {
  const { t } = useTranslation('bots')
  const { data: models = [] } = useModels()
  const [said, setSaid] = useState('')
  const addButton = useRef<HTMLButtonElement>(null)
  const isFull = value.length >= limit
  const main = provider ?? models.find((model) => model.default)?.provider
  const suggestion = (models.find((model) => model.provider !== main) ?? models[0])?.provider

  const move = (index: number, to: number) => {
    const row = value[index]
    if (!row || to < 0 || to >= value.length) return
    onChange(value.toSpliced(index, 1).toSpliced(to, 0, row))
    setSaid(t('fallbacks.moved', { number: to + 1 }))
  }
  const remove = (index: number) => {
    onChange(value.toSpliced(index, 1))
    setSaid(t('fallbacks.removed'))
    addButton.current?.focus()
  }
  return (
    <div className="flex flex-col items-start gap-3">
      {value.length === 0 && <p className="text-muted">{t('fallbacks.empty')}</p>}
      {value.length > 0 && (
        <ol aria-label={t('fallbacks.list')} className="flex w-full flex-col gap-2">
          {value.map((row, index) => (
            <FallbackItem
              key={row.key}
              row={row}
              index={index}
              isLast={index === value.length - 1}
              error={errorAt(error, index)}
              onChange={(changed) => onChange(value.with(index, changed))}
              onMove={(by) => move(index, index + by)}
              onRemove={() => remove(index)}
            />
          ))}
        </ol>
      )}
      <Button
        ref={addButton}
        aria-disabled={isFull || suggestion === undefined || undefined}
        onClick={() => {
          if (!isFull && suggestion !== undefined)
            onChange([
              ...value,
              { key: crypto.getRandomValues(new Uint32Array(2)).join('-'), provider: suggestion, model: null },
            ])
        }}
      >
        <Plus size={16} strokeWidth={1.75} aria-hidden />
        {t('fallbacks.add')}
      </Button>
      {isFull && <p className="text-muted text-sm">{t('fallbacks.full')}</p>}
      <p role="status" className="sr-only">
        {said}
      </p>
    </div>
  )
}

function errorAt(error: unknown, index: number): string | undefined {
  if (!(error instanceof ApiError)) return undefined
  return error.problem.errors?.find(({ loc }) => loc[1] === 'fallbacks' && loc[2] === index)?.msg
}
