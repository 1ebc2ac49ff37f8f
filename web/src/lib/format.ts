import { useMemo } from 'react'
import { useTranslation } from '../i18n/use-translation.ts'

export type Format = ReturnType<typeof createFormat>

/** Numbers, money and times as the reader's language writes them. */
export function useFormat(): Format {
  const { language } = useTranslation()
  return useMemo(() => createFormat(language), [language])
}

const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
]

function createFormat(language: string) {
  const whole = new Intl.NumberFormat(language)
  const compact = new Intl.NumberFormat(language, { notation: 'compact', maximumSignificantDigits: 3 })
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' })
  const exact = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' })
  const clock = new Intl.DateTimeFormat(language, { timeStyle: 'short' })
  const day = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeZone: 'UTC' })

  return {
    number: (value: number) => whole.format(value),
    /** `1.2K` */
    compact: (value: number) => compact.format(value),
    /** US dollars with as many digits as it takes to be true: `$0.00042`, `$3.10`. */
    money: (value: number) =>
      new Intl.NumberFormat(language, {
        style: 'currency',
        currency: 'USD',
        minimumFractionDigits: 2,
        maximumFractionDigits: value !== 0 && Math.abs(value) < 0.01 ? 6 : value < 1 ? 4 : 2,
      }).format(value),
    seconds: (ms: number) =>
      new Intl.NumberFormat(language, {
        style: 'unit',
        unit: 'second',
        unitDisplay: 'narrow',
        maximumFractionDigits: 1,
      }).format(ms / 1000),
    /** A date and time: `31 Jan 2026, 12:00`. */
    exact: (time: string | Date) => exact.format(new Date(time)),
    clock: (time: string | Date) => clock.format(new Date(time)),
    /** A calendar day in UTC, as `2026-01-31`. */
    day: (value: string) => day.format(new Date(`${value}T00:00:00Z`)),
    /** `2 hours ago`; within a minute, `now`. */
    relative(time: string | Date, now = Date.now()): string {
      const seconds = (new Date(time).getTime() - now) / 1000
      const fitting = units.find(([, unitSize]) => Math.abs(seconds) >= unitSize)
      if (!fitting) return relative.format(0, 'second')
      const [unit, size] = fitting
      return relative.format(Math.round(seconds / size), unit)
    },
  }
}
