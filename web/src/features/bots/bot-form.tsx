import type { Project } from '@chatbot-platform/contract'
import { useTranslation } from '../../i18n/use-translation.ts'
import { fieldError, useProblemText } from '../../lib/problems.ts'
import { useUpdateProject } from '../../lib/queries/project-changes.ts'
import { Button } from '../../ui/button.tsx'
import { TextArea, TextField } from '../../ui/field.tsx'
import { toast } from '../../ui/toast.tsx'
import { FallbacksField } from './fallbacks-field.tsx'
import { FormSection } from './form-section.tsx'
import { useLeaveGuard } from './leave-guard.tsx'
import { LengthField, parseLength } from './length-field.tsx'
import { descriptionLimit, useLengthError, useNameError } from './limits.ts'
import { ModelField } from './model-field.tsx'
import { TemperatureField } from './temperature-field.tsx'
import { useBotForm } from './use-bot-form.ts'

/** All settings of a bot; saves only what was changed. */
export function BotForm({ project }: { project: Project }) {
  const { t } = useTranslation('bots')
  const { t: common } = useTranslation()
  const form = useBotForm(project)
  const update = useUpdateProject(project.id)
  const leaveDialog = useLeaveGuard(form.isDirty)
  const { values, set } = form
  const { error } = update
  const nameError = useNameError()
  const lengthError = useLengthError()
  const save = () => {
    if (form.isInvalid || !form.isDirty) return
    update.mutate(form.patch, {
      onSuccess: () => {
        form.discard()
        toast({ text: common('saved') })
      },
    })
  }
  return (
    <>
      <form
        noValidate
        className="flex flex-col gap-8"
        onSubmit={(event) => {
          event.preventDefault()
          save()
        }}
      >
        <FormSection title={t('form.about')} text={t('form.aboutText')}>
          <TextField
            label={t('form.name')}
            value={values.name}
            onChange={(event) => set({ name: event.target.value })}
            error={nameError(values.name) ?? fieldError(error, 'name')}
            dir="auto"
            autoComplete="off"
          />
          <TextArea
            label={t('form.description')}
            hint={t('form.descriptionHint')}
            rows={2}
            value={values.description}
            onChange={(event) => set({ description: event.target.value })}
            error={lengthError(values.description, descriptionLimit) ?? fieldError(error, 'description')}
          />
        </FormSection>
        <FormSection title={t('form.answers')} text={t('form.answersText')}>
          <ModelField
            value={values.choice}
            onChange={(choice) => set({ choice })}
            error={fieldError(error, 'provider') ?? fieldError(error, 'model')}
          />
          <TemperatureField
            value={values.temperature}
            onChange={(temperature) => set({ temperature })}
            error={fieldError(error, 'temperature')}
          />
          <LengthField
            value={values.length}
            onChange={(length) => set({ length })}
            error={parseLength(values.length) === undefined ? t('length.invalid') : fieldError(error, 'max_tokens')}
          />
        </FormSection>
        <FormSection title={t('fallbacks.title')} text={t('fallbacks.text')}>
          <FallbacksField
            value={values.fallbacks}
            onChange={(fallbacks) => set({ fallbacks })}
            provider={values.choice.provider}
            error={error}
          />
        </FormSection>
        {form.isDirty && (
          <SaveBar form={form} error={error} isBusy={update.isPending} onDiscard={() => update.reset()} />
        )}
      </form>
      {/* A form of its own, which must not be inside another. */}
      {leaveDialog}
    </>
  )
}

interface SaveBarProps {
  form: ReturnType<typeof useBotForm>
  error: unknown
  isBusy: boolean
  onDiscard: () => void
}

function SaveBar({ form, error, isBusy, onDiscard }: SaveBarProps) {
  const { t } = useTranslation('bots')
  const problemText = useProblemText()
  const state = error ? problemText(error) : t(form.isInvalid ? 'form.invalid' : 'form.unsaved')
  return (
    <div className="sticky bottom-4 z-10 flex flex-wrap items-center justify-end gap-2 rounded-lg border border-line bg-raised p-3 shadow-float">
      <p className={error ? 'min-w-40 flex-1 text-danger' : 'min-w-40 flex-1'} role={error ? 'alert' : undefined}>
        {state}
      </p>
      <Button
        onClick={() => {
          onDiscard()
          form.discard()
        }}
      >
        {t('form.discard')}
      </Button>
      <Button type="submit" variant="primary" busy={isBusy} disabled={form.isInvalid}>
        {t('form.save')}
      </Button>
    </div>
  )
}
