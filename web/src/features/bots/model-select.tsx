import type { Model } from '@chatbot-platform/contract'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useFormat } from '../../lib/format.ts'
import { useProviderName } from '../../lib/provider-name.ts'
import { useModels } from '../../lib/queries/models.ts'
import { Select } from '../../ui/field.tsx'
import { choiceValue, groupModels, isOffered, type ModelChoice, parseChoice } from './model-choice.ts'

interface ModelSelectProps {
  value: ModelChoice
  onChange: (choice: ModelChoice) => void
  /** Whether the server's default can be chosen. */
  hasServerDefault?: boolean
  /** Id and notes of the control; see `Field`. */
  attributes: {
    id?: string
    'aria-label'?: string
    'aria-describedby'?: string | undefined
    'aria-invalid'?: true | undefined
  }
}

/** What the server offers, by provider. A choice that is not on offer stays in the list, so that nothing changes unseen. */
export function ModelSelect({ value, onChange, hasServerDefault = false, attributes }: ModelSelectProps) {
  const { t } = useTranslation('bots')
  const providerName = useProviderName()
  const { data: models } = useModels()
  const current = choiceValue(value)
  const isListed = current === '' || (models !== undefined && isOffered(value, models))
  const defaultModel = models?.find((model) => model.default)
  const currentName = value.model ?? t('model.providerDefault', { provider: providerName(value.provider ?? '') })
  return (
    <Select {...attributes} value={current} onChange={(event) => onChange(parseChoice(event.target.value))}>
      {hasServerDefault && (
        <option value="">
          {defaultModel ? t('model.serverDefaultIs', { model: defaultModel.id }) : t('model.serverDefault')}
        </option>
      )}
      {!isListed &&
        (models === undefined ? (
          <option value={current}>{currentName}</option>
        ) : (
          <optgroup label={t('model.notOffered')}>
            <option value={current}>{currentName}</option>
          </optgroup>
        ))}
      {groupModels(models ?? []).map(({ provider, models: offered }) => (
        <optgroup key={provider} label={providerName(provider)}>
          <option value={choiceValue({ provider, model: null })}>
            {t('model.providerDefault', { provider: providerName(provider) })}
          </option>
          {offered.map((model) => (
            <ModelOption key={model.id} model={model} />
          ))}
        </optgroup>
      ))}
    </Select>
  )
}

function ModelOption({ model }: { model: Model }) {
  const { t } = useTranslation('bots')
  const format = useFormat()
  const { id, provider, context_window: window } = model
  return (
    <option value={choiceValue({ provider, model: id })}>
      {window === null ? id : t('model.withWindow', { model: id, tokens: format.compact(window) })}
    </option>
  )
}
