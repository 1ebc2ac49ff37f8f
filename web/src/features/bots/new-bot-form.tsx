import { useState } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { fieldError, useProblemText } from '../../lib/problems.ts'
import { useCreateBot } from '../../lib/queries/project-changes.ts'
import { promptLimit } from '../../lib/queries/prompts.ts'
import { useNavigate } from '../../lib/router/use-router.tsx'
import { Button } from '../../ui/button.tsx'
import { TextArea, TextField } from '../../ui/field.tsx'
import { Notice } from '../../ui/notice.tsx'
import { leaveFreely, useLeaveGuard } from './leave-guard.tsx'
import { useLengthError, useNameError } from './limits.ts'
import type { ModelChoice } from './model-choice.ts'
import { ModelField } from './model-field.tsx'
import type { StartingPoint } from './starting-points.tsx'
import { TemperatureField } from './temperature-field.tsx'

interface NewBotValues {
  name: string
  prompt: string
  choice: ModelChoice
  temperature: number | null
}

/** Name, prompt and model of a new bot, filled in from its starting point; then the chat opens. */
export function NewBotForm({ start }: { start: StartingPoint }) {
  const { t } = useTranslation('bots')
  const navigate = useNavigate()
  const create = useCreateBot()
  const filledIn = useFilledIn(start)
  const [changes, setChanges] = useState<Partial<NewBotValues>>({})
  const values = { ...filledIn, ...changes }
  const set = (more: Partial<NewBotValues>) => setChanges((known) => ({ ...known, ...more }))
  const leaveDialog = useLeaveGuard(Object.keys(changes).length > 0)
  const nameError = useNameError()
  const lengthError = useLengthError()
  const submit = async () => {
    const { name, prompt, choice, temperature } = values
    // An empty name counts as wrong only once it was touched; now it is.
    if (nameError(name) || prompt.length > promptLimit) return set({ name })
    try {
      const { id } = await create.mutateAsync({ fields: { name: name.trim(), ...choice, temperature }, prompt })
      await navigate(`/app/chat/${id}`, leaveFreely)
    } catch {
      // The form shows what went wrong.
    }
  }
  return (
    <>
      <form
        noValidate
        className="flex max-w-2xl flex-col gap-5"
        onSubmit={(event) => {
          event.preventDefault()
          if (!create.isPending) void submit()
        }}
      >
        <TextField
          label={t('create.name')}
          placeholder={t('create.namePlaceholder')}
          value={values.name}
          onChange={(event) => set({ name: event.target.value })}
          error={(changes.name === undefined ? undefined : nameError(changes.name)) ?? fieldError(create.error, 'name')}
          dir="auto"
          autoComplete="off"
          autoFocus={start.id === 'blank'}
        />
        <TextArea
          label={t('create.prompt')}
          placeholder={t('create.promptPlaceholder')}
          hint={t('create.promptHint')}
          rows={start.id === 'blank' ? 8 : 16}
          value={values.prompt}
          onChange={(event) => set({ prompt: event.target.value })}
          error={lengthError(values.prompt, promptLimit) ?? fieldError(create.error, 'content')}
        />
        <ModelField
          value={values.choice}
          onChange={(choice) => set({ choice })}
          error={fieldError(create.error, 'provider') ?? fieldError(create.error, 'model')}
        />
        <TemperatureField
          value={values.temperature}
          onChange={(temperature) => set({ temperature })}
          error={fieldError(create.error, 'temperature')}
        />
        <Failure error={create.error} />
        <Button type="submit" variant="primary" className="self-start" busy={create.isPending}>
          {t('create.submit')}
        </Button>
      </form>
      {/* A form of its own, which must not be inside another. */}
      {leaveDialog}
    </>
  )
}

function useFilledIn({ id, temperature }: StartingPoint): NewBotValues {
  const { t } = useTranslation('bots')
  const choice = { provider: null, model: null }
  if (id === 'blank') return { name: '', prompt: '', choice, temperature }
  return { name: t(`templates.${id}.name`), prompt: t(`templates.${id}.prompt`), choice, temperature }
}

function Failure({ error }: { error: unknown }) {
  const { t } = useTranslation('bots')
  const problemText = useProblemText()
  if (!error) return null
  return <Notice tone="danger">{t('create.failed', { reason: problemText(error) })}</Notice>
}
