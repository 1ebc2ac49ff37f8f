import type { Budget } from '@chatbot-platform/contract'
import { type ReactNode, useState } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useFormat } from '../../lib/format.ts'
import { Button } from '../../ui/button.tsx'
import { QueryStates } from '../../ui/query-states.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { BudgetDialog } from './budget-dialog.tsx'
import { metersOf } from './budget-limits.ts'
import { BudgetMeter } from './budget-meter.tsx'
import { type BudgetSubject, useBudget } from './use-budgets.ts'

interface BudgetCardProps {
  subject: BudgetSubject
  /** Says whose budget it is. */
  title: string
}

/** One budget: how far each of its limits is used up, and a way to change them. */
export function BudgetCard({ subject, title }: BudgetCardProps) {
  const query = useBudget(subject)
  return (
    <QueryStates query={query} loading={<Skeleton className="h-14" />}>
      {(budget) => <Limits subject={subject} title={title} budget={budget} />}
    </QueryStates>
  )
}

function Limits({ subject, title, budget }: BudgetCardProps & { budget: Budget }) {
  const { t } = useTranslation('usage')
  const [isEditing, setEditing] = useState(false)
  const meters = metersOf(budget)
  const action = t(meters.length === 0 ? 'budgets.set' : 'budgets.change')
  return (
    <>
      {meters.length === 0 ? (
        <NoLimits budget={budget} />
      ) : (
        <ul className="flex flex-col gap-4">
          {meters.map((meter) => (
            <BudgetMeter key={meter.name} meter={meter} />
          ))}
        </ul>
      )}
      <Button className="self-start" aria-label={`${action}: ${title}`} onClick={() => setEditing(true)}>
        {action}
      </Button>
      {isEditing && <BudgetDialog {...{ subject, title, budget }} onClose={() => setEditing(false)} />}
    </>
  )
}

function NoLimits({ budget }: { budget: Budget }): ReactNode {
  const { t } = useTranslation('usage')
  const format = useFormat()
  const { tokens, cost } = budget.month
  return <p className="text-muted">{t('budgets.none', { tokens: format.number(tokens), cost: format.money(cost) })}</p>
}
