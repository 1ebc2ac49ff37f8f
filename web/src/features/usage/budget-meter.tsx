import { CircleAlert, TriangleAlert } from 'lucide-react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { cx } from '../../lib/class-names.ts'
import { useFormat } from '../../lib/format.ts'
import { TimeAgo } from '../../ui/time-ago.tsx'
import type { Meter } from './budget-limits.ts'

const tones = {
  ok: { icon: null, bar: 'bg-accent', text: '' },
  warning: { icon: TriangleAlert, bar: 'bg-warning', text: 'text-warning' },
  exhausted: { icon: CircleAlert, bar: 'bg-danger', text: 'text-danger' },
} as const

/** One limit: what of it is used, as a bar and in words, and when it begins anew. */
export function BudgetMeter({ meter }: { meter: Meter }) {
  const { t, language } = useTranslation('usage')
  const format = useFormat()
  const { name, unit, period, used, limit, share, state, resetsAt } = meter
  const { icon: Icon, bar, text } = tones[state]
  const amount = unit === 'tokens' ? format.number : format.money
  // Rounded down: what is not used up is not said to be.
  const percent = new Intl.NumberFormat(language, { style: 'percent' }).format(Math.floor(share * 100) / 100)
  return (
    <li className="flex flex-col gap-1.5">
      <p className="flex flex-wrap justify-between gap-x-4">
        <span className="font-medium">{t(`budgets.meters.${name}`)}</span>{' '}
        <span className="tabular-nums">{t('budgets.of', { used: amount(used), limit: amount(limit) })}</span>
      </p>
      <div aria-hidden className="relative h-2 overflow-hidden rounded-full bg-hover">
        <div className={cx('h-full rounded-full', bar)} style={{ width: `${Math.min(share, 1) * 100}%` }} />
        {/* Where the warning begins; beyond it the bar itself is in the warning's tone. */}
        {state === 'ok' && <div className="absolute inset-y-0 start-[80%] w-px bg-edge" />}
      </div>
      <p className="flex flex-wrap justify-between gap-x-4 text-muted text-sm">
        <span className={cx('flex items-center gap-1.5', text)}>
          {Icon && <Icon size={16} strokeWidth={1.75} aria-hidden />}
          {t(`budgets.states.${state}`, { percent })}
        </span>{' '}
        {period === 'day' ? (
          <TimeAgo time={resetsAt} text={(time) => t('budgets.resetsIn', { time })} />
        ) : (
          <time dateTime={resetsAt} title={format.exact(resetsAt)}>
            {t('budgets.resetsOn', { day: format.day(resetsAt.slice(0, 10)) })}
          </time>
        )}
      </p>
    </li>
  )
}
