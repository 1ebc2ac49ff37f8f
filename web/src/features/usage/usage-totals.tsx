import type { UsageSums } from '@chatbot-platform/contract'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useFormat } from '../../lib/format.ts'

/** The sums of the chosen time. */
export function UsageTotals({ totals }: { totals: UsageSums }) {
  const { t } = useTranslation('usage')
  const format = useFormat()
  const { cost, unpriced_turns: unpriced, estimated_turns: estimated } = totals
  return (
    <dl className="grid grid-cols-2 gap-x-8 gap-y-5 lg:grid-cols-4">
      <Figure label={t('columns.turns')} value={format.number(totals.turns)} />
      <Figure
        label={t('columns.input')}
        value={format.number(totals.prompt_tokens)}
        note={estimated > 0 ? t('estimated', { count: estimated }) : undefined}
      />
      <Figure label={t('columns.output')} value={format.number(totals.completion_tokens)} />
      <Figure
        label={t('columns.cost')}
        value={cost === null ? t('unknownCost') : format.money(cost)}
        note={unpriced > 0 ? t('unpriced', { count: unpriced }) : undefined}
      />
    </dl>
  )
}

function Figure({ label, value, note }: { label: string; value: string; note?: string | undefined }) {
  return (
    <div className="min-w-0">
      <dt className="text-muted text-sm">{label}</dt>
      <dd>
        <span className="font-semibold text-lg tabular-nums">{value}</span>
        {note && <span className="block text-muted text-xs">{note}</span>}
      </dd>
    </div>
  )
}
