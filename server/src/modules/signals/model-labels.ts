import type { ActiveProvider } from '../../llm/registry.ts'

/** Who answered, as labels. A type, not an interface, so that it is a record of labels. */
export type ModelLabels = { provider: string; model: string }

/** A label of which there are few, whatever projects choose. */
export type LabelModel = (provider: string | null, model: string | null) => ModelLabels

/**
 * Providers are named if they are configured, models if they are a provider's default or among `named`; any other is
 * `other`, as a project may name what it likes. `none`: nobody was asked.
 */
export function createModelLabels(active: ActiveProvider[], named: string[]): LabelModel {
  const providers = new Set(active.map(({ id }) => id))
  const models = new Set([...named, ...active.flatMap(({ defaultModel }) => defaultModel ?? [])])
  return (provider, model) => ({ provider: labelOf(providers, provider), model: labelOf(models, model) })
}

function labelOf(known: Set<string>, name: string | null): string {
  if (name === null) return 'none'
  return known.has(name) ? name : 'other'
}
