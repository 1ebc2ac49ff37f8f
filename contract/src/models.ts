import { z } from 'zod'
import { endpoint } from './endpoint.ts'

/** A model that a configured provider offers. `default` marks the one a project without settings of its own uses. */
export const Model = z.object({
  id: z.string(),
  provider: z.string(),
  default: z.boolean(),
  /** Tokens the model can take in, prompt and answer together; `null` where the provider does not say. */
  context_window: z.int().nullable(),
  owned_by: z.string().nullable(),
  /** Whether it reads images; `null` where the provider does not say. */
  vision: z.boolean().nullable(),
})
export type Model = z.infer<typeof Model>

export const models = {
  list: endpoint({
    method: 'GET',
    path: '/models',
    access: 'user',
    status: 200,
    tag: 'Models',
    summary: 'The models of the configured providers (cached for five minutes)',
    response: z.array(Model),
  }),
} as const
