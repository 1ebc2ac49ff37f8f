import { ApiError } from '@chatbot-platform/client'
import type { Budget } from '@chatbot-platform/contract'
import { type SubmitEvent, useState } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useFormat } from '../../lib/format.ts'
import { fieldError, useProblemText } from '../../lib/problems.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { Notice } from '../../ui/notice.tsx'
import { toast } from '../../ui/toast.tsx'
import { highest, type LimitTexts, limits, readLimits, textsOf } from './budget-limits.ts'
import { type BudgetSubject, useSetBudget } from './use-budgets.ts'

interface BudgetDialogProps {
  subject: BudgetSubject
  title: string
  budget: Budget
  onClose: () => void
}

/** The four limits of a budget; sends only those that were changed. */
export function BudgetDialog({ subject, title, budget, onClose }: BudgetDialogProps) {
  const { t, language } = useTranslation('usage')
  // Only what was changed here, so that a change made elsewhere shows in every other field.
  const [changes, setChanges] = useState<Partial<LimitTexts>>({})
  const [isTried, setTried] = useState(false)
  const format = useFormat()
  const save = useSetBudget(subject)
  const before = textsOf(budget, language)
  const texts = { ...before, ...changes }
  const { patch, wrong } = readLimits(before, texts)
  const errors = {
    tokens: t('budgets.wrongTokens', { limit: format.number(highest.tokens) }),
    cost: t('budgets.wrongCost', { limit: format.number(highest.cost) }),
  }
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    setTried(true)
    const first = limits.find(({ name }) => wrong.has(name))
    const field = first && event.currentTarget.elements.namedItem(first.name)
    if (field instanceof HTMLElement) field.focus()
    if (first || save.isPending) return
    if (Object.keys(patch).length === 0) return onClose()
    save.mutate(patch, {
      onSuccess() {
        toast({ text: t('common:saved') })
        onClose()
      },
    })
  }
  return (
    <Dialog open onClose={onClose} title={title}>
      <form noValidate className="flex flex-col gap-4 overflow-y-auto p-4" onSubmit={submit}>
        <p className="text-muted">{t('budgets.empty')}</p>
        <div className="grid gap-4 sm:grid-cols-2">
          {limits.map(({ name, unit }) => (
            <TextField
              key={name}
              name={name}
              label={t(`budgets.fields.${name}`)}
              placeholder={t('budgets.unlimited')}
              inputMode={unit === 'tokens' ? 'numeric' : 'decimal'}
              autoComplete="off"
              value={texts[name]}
              onChange={({ target }) => setChanges((known) => ({ ...known, [name]: target.value }))}
              error={isTried && wrong.has(name) ? errors[unit] : fieldError(save.error, name)}
            />
          ))}
        </div>
        <p className="text-muted text-sm">{t('budgets.room')}</p>
        <SaveError error={save.error} />
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={onClose}>{t('common:cancel')}</Button>
          <Button type="submit" variant="primary" busy={save.isPending}>
            {t('budgets.save')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

function SaveError({ error }: { error: unknown }) {
  const { t } = useTranslation('usage')
  const problemText = useProblemText()
  if (!error) return null
  const isForbidden = error instanceof ApiError && error.problem.code === 'forbidden'
  return <Notice tone="danger">{isForbidden ? t('budgets.forbidden') : problemText(error)}</Notice>
}
