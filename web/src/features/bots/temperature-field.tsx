import { useId } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useFormat } from '../../lib/format.ts'
import { Segmented } from '../../ui/segmented.tsx'

/** Where the slider stands when a bot gets a temperature of its own: the usual default of servers. */
const usual = 0.7

interface TemperatureFieldProps {
  /** 0 to 2; null follows the server. */
  value: number | null
  onChange: (value: number | null) => void
  error?: string | undefined
}

export function TemperatureField({ value, onChange, error }: TemperatureFieldProps) {
  const { t } = useTranslation('bots')
  return (
    <div className="flex flex-col gap-2">
      <span className="font-medium" aria-hidden>
        {t('temperature.label')}
      </span>
      <div>
        <Segmented
          label={t('temperature.label')}
          value={value === null ? 'default' : 'own'}
          options={[
            { value: 'default', label: t('temperature.default') },
            { value: 'own', label: t('temperature.own') },
          ]}
          onChange={(choice) => onChange(choice === 'default' ? null : usual)}
        />
      </div>
      {value === null ? (
        <p className="text-muted text-sm">{t('temperature.defaultHint')}</p>
      ) : (
        <Slider value={value} onChange={onChange} />
      )}
      {error && (
        <p role="alert" className="text-danger text-sm">
          {error}
        </p>
      )}
    </div>
  )
}

function Slider({ value, onChange }: { value: number; onChange: (value: number) => void }) {
  const { t } = useTranslation('bots')
  const format = useFormat()
  const noteId = useId()
  const meaning = t(`temperature.meaning.${levelOf(value)}`)
  return (
    <div className="flex flex-col gap-1">
      <div className="flex items-center gap-3">
        <input
          type="range"
          min={0}
          max={2}
          step={0.1}
          value={value}
          onChange={(event) => onChange(Number(event.target.value))}
          aria-label={t('temperature.label')}
          aria-valuetext={t('temperature.spoken', { value: format.number(value), meaning })}
          aria-describedby={noteId}
          className="h-9 min-w-0 flex-1 cursor-pointer accent-accent pointer-coarse:h-11"
        />
        <output className="w-8 text-end font-medium tabular-nums" aria-hidden>
          {format.number(value)}
        </output>
      </div>
      <div aria-hidden className="-mt-1 me-11 flex justify-between text-muted text-xs">
        <span>{t('temperature.steadyEnd')}</span>
        <span>{t('temperature.inventiveEnd')}</span>
      </div>
      <p id={noteId} className="text-muted text-sm">
        {meaning}
      </p>
    </div>
  )
}

function levelOf(value: number) {
  if (value <= 0.2) return 'steady'
  if (value <= 0.5) return 'careful'
  if (value <= 0.8) return 'balanced'
  return value <= 1.3 ? 'lively' : 'inventive'
}
