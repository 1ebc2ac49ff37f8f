import { RefreshCw } from 'lucide-react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useFormat } from '../../lib/format.ts'
import { useProblemText } from '../../lib/problems.ts'
import { useProviderName } from '../../lib/provider-name.ts'
import { useModels } from '../../lib/queries/models.ts'
import { Field } from '../../ui/field.tsx'
import { IconButton } from '../../ui/icon-button.tsx'
import { isOffered, type ModelChoice } from './model-choice.ts'
import { ModelSelect } from './model-select.tsx'

interface ModelFieldProps {
  value: ModelChoice
  onChange: (choice: ModelChoice) => void
  error?: string | undefined
}

/** Provider and model of a bot, with what the choice means and a way to ask the server again. */
export function ModelField({ value, onChange, error }: ModelFieldProps) {
  const { t } = useTranslation('bots')
  const { refetch, isFetching } = useModels()
  const hint = useChoiceHint(value)
  return (
    <Field label={t('model.label')} hint={hint} error={error}>
      {(attributes) => (
        <div className="flex items-center gap-1">
          <div className="min-w-0 flex-1">
            <ModelSelect value={value} onChange={onChange} hasServerDefault attributes={attributes} />
          </div>
          <IconButton
            icon={RefreshCw}
            label={t('model.refresh')}
            aria-disabled={isFetching || undefined}
            onClick={() => {
              if (!isFetching) void refetch()
            }}
            className={isFetching ? 'opacity-40' : undefined}
          />
        </div>
      )}
    </Field>
  )
}

function useChoiceHint(value: ModelChoice) {
  const { t } = useTranslation('bots')
  const format = useFormat()
  const problemText = useProblemText()
  const providerName = useProviderName()
  const { data: models, error } = useModels()
  if (!models) return error ? t('model.failed', { reason: problemText(error) }) : undefined
  const { provider, model } = value
  if (provider !== null && !models.some((offered) => offered.provider === provider))
    return <Warning text={t('model.providerGone', { provider: providerName(provider) })} />
  if (provider === null && model === null) return t('model.defaultHint')
  if (!isOffered(value, models)) return <Warning text={t('model.notOfferedNote', { model: model ?? '' })} />
  const window = models.find((offered) => offered.provider === provider && offered.id === model)?.context_window
  return window ? t('model.window', { tokens: format.number(window) }) : undefined
}

function Warning({ text }: { text: string }) {
  return <span className="text-warning">{text}</span>
}
