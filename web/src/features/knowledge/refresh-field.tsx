import { useTranslation } from '../../i18n/use-translation.ts'
import { SelectField } from '../../ui/field.tsx'

/** Hours between two readings of a web source. */
const intervals = [
  [1, 'hour'],
  [24, 'day'],
  [168, 'week'],
  [720, 'month'],
] as const

interface RefreshFieldProps {
  label: string
  /** Null: only when asked. */
  value: number | null
  onChange: (hours: number | null) => void
  className?: string
}

/** How often a web source is read. */
export function RefreshField({ label, value, onChange, className = '' }: RefreshFieldProps) {
  const { t } = useTranslation('knowledge')
  const isUsual = value === null || intervals.some(([hours]) => hours === value)
  return (
    <SelectField
      label={label}
      className={className}
      value={value ?? ''}
      onChange={({ target }) => onChange(target.value === '' ? null : Number(target.value))}
    >
      <option value="">{t('refresh.never')}</option>
      {intervals.map(([hours, name]) => (
        <option key={name} value={hours}>
          {t(`refresh.${name}`)}
        </option>
      ))}
      {!isUsual && <option value={value}>{t('refresh.hours', { count: value })}</option>}
    </SelectField>
  )
}
