import { z } from 'zod'
import { Id, PageQuery, Timestamp, text } from './common.ts'
import { endpoint } from './endpoint.ts'
import { ProjectParams } from './projects.ts'

/** One immutable version of a project's system prompt; `version` counts from 1 within the project. */
export const Prompt = z.object({
  id: Id,
  project_id: Id,
  version: z.int(),
  content: z.string(),
  active: z.boolean(),
  created_at: Timestamp,
  /** Who wrote it; null where the account is gone. */
  created_by: z.object({ id: Id, email: z.string() }).nullable(),
})
export type Prompt = z.infer<typeof Prompt>

export const PromptInput = z.object({
  content: text(1, 100_000),
  /** `false` keeps it a draft: the active version stays. */
  activate: z.boolean().default(true),
})
export type PromptInput = z.infer<typeof PromptInput>

const PromptParams = ProjectParams.extend({ prompt_id: Id })

export const prompts = {
  create: endpoint({
    method: 'POST',
    path: '/projects/{project_id}/prompts',
    access: 'user',
    status: 201,
    tag: 'Prompts',
    summary: 'Add a version of the system prompt; it becomes the active one unless `activate` is false',
    params: ProjectParams,
    body: PromptInput,
    response: Prompt,
  }),
  list: endpoint({
    method: 'GET',
    path: '/projects/{project_id}/prompts',
    access: 'user',
    status: 200,
    tag: 'Prompts',
    summary: 'List prompt versions, newest first',
    params: ProjectParams,
    query: PageQuery,
    item: Prompt,
  }),
  get: endpoint({
    method: 'GET',
    path: '/projects/{project_id}/prompts/{prompt_id}',
    access: 'user',
    status: 200,
    tag: 'Prompts',
    summary: 'One prompt version',
    params: PromptParams,
    response: Prompt,
  }),
  activate: endpoint({
    method: 'POST',
    path: '/projects/{project_id}/prompts/{prompt_id}/activate',
    access: 'user',
    status: 200,
    tag: 'Prompts',
    summary: 'Make this version the system prompt of the project',
    params: PromptParams,
    response: Prompt,
  }),
} as const
