import type { Model } from '@chatbot-platform/contract'
import type { ModelRegistry } from '../../llm/registry.ts'

interface Deps {
  models: Pick<ModelRegistry, 'listModels'>
}

export type ModelsService = ReturnType<typeof createModelsService>

/** What the configured providers offer. */
export function createModelsService({ models }: Deps) {
  return {
    async list(): Promise<Model[]> {
      const offered = await models.listModels()
      return offered.map((model) => ({
        id: model.id,
        provider: model.provider,
        default: model.isDefault,
        context_window: model.contextWindow,
        owned_by: model.ownedBy,
        vision: model.vision ?? null,
      }))
    },
  }
}
