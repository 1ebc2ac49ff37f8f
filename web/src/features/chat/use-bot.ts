import { useModels } from '../../lib/queries/models.ts'
import { useProject } from '../../lib/queries/projects.ts'
import { useChatControl } from './chat-context.ts'

/** What a bot runs on; null where the server does not say. */
export interface BotModel {
  provider: string | null
  model: string | null
}

/** The name of this conversation's bot; empty until it is known. */
export function useBotName(): string {
  const { projectId } = useChatControl()
  return useProject(projectId)?.name ?? ''
}

/** The model that a bot is set to, or the default of the server. */
export function useBotModel(projectId: string): BotModel {
  const project = useProject(projectId)
  const { data: models = [] } = useModels()
  const usual = models.find((model) => model.default)
  const provider = project?.provider ?? usual?.provider ?? null
  // The usual model is that of the usual provider only.
  const isUsual = project !== undefined && provider === usual?.provider
  return { provider, model: project?.model ?? (isUsual ? usual.id : null) }
}
