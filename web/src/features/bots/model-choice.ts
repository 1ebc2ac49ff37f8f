import type { Model } from '@chatbot-platform/contract'

/** A provider and a model of it; null means the default. */
export interface ModelChoice {
  provider: string | null
  model: string | null
}

export interface ModelGroup {
  provider: string
  models: Model[]
}

/** What is offered, by provider, in the server's order. */
export function groupModels(models: Model[]): ModelGroup[] {
  const groups = Map.groupBy(models, ({ provider }) => provider)
  return [...groups].map(([provider, offered]) => ({ provider, models: offered }))
}

/** Whether the server offers this choice at present; a default always is, as long as its provider is there. */
export function isOffered({ provider, model }: ModelChoice, models: Model[]): boolean {
  if (provider === null) return model === null
  return models.some((offered) => offered.provider === provider && (model === null || offered.id === model))
}

/** The entry of a list that stands for the choice; the server's default is the empty string. */
export function choiceValue({ provider, model }: ModelChoice): string {
  return provider === null && model === null ? '' : JSON.stringify([provider, model])
}

/** What {@link choiceValue} wrote. */
export function parseChoice(value: string): ModelChoice {
  if (value === '') return { provider: null, model: null }
  const [provider, model] = JSON.parse(value) as [string | null, string | null]
  return { provider, model }
}
