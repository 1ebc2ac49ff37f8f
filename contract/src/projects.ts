import { z } from 'zod'
import { Id, label, PageQuery, Timestamp, text } from './common.ts'
import { endpoint } from './endpoint.ts'

/** A provider and model to try when the project's own choice fails; `model: null` is that provider's default. */
export const Fallback = z.object({ provider: z.string(), model: z.string().nullable() })
export type Fallback = z.infer<typeof Fallback>

/** Whether a project's answers may go beyond its documents; with `documents_only`, "that is not in the documents" is an answer. */
export const Grounding = z.enum(['open', 'documents_only'])
export type Grounding = z.infer<typeof Grounding>

const FallbackInput = z.object({ provider: label(1, 64), model: label(1, 200).nullable() })

/** A chatbot. `null` in a model setting means the instance's default. */
export const Project = z.object({
  id: Id,
  name: z.string(),
  description: z.string().nullable(),
  provider: z.string().nullable(),
  model: z.string().nullable(),
  temperature: z.number().nullable(),
  max_tokens: z.int().nullable(),
  fallbacks: z.array(Fallback),
  grounding: Grounding,
  active_prompt_id: Id.nullable(),
  created_at: Timestamp,
  updated_at: Timestamp,
})
export type Project = z.infer<typeof Project>

/** Model settings of a project; the ranges are those of the OpenAI chat API. */
const settings = {
  description: text(0, 2000).nullish(),
  provider: label(1, 64).nullish(),
  model: label(1, 200).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  max_tokens: z.int().min(1).max(1_000_000).nullish(),
  /** Tried in order, only before the first token; at most four. */
  fallbacks: z.array(FallbackInput).max(4).optional(),
  /** `open` unless given. */
  grounding: Grounding.optional(),
}

export const ProjectInput = z.object({ name: label(1, 200), ...settings })
export type ProjectInput = z.infer<typeof ProjectInput>

/** Absent fields stay as they are; `null` resets one to the instance's default. */
export const ProjectPatch = z.object({ name: label(1, 200).optional(), ...settings })
export type ProjectPatch = z.infer<typeof ProjectPatch>

export const ProjectParams = z.object({ project_id: Id })

export const projects = {
  create: endpoint({
    method: 'POST',
    path: '/projects',
    access: 'user',
    status: 201,
    tag: 'Projects',
    summary: 'Create a project (a chatbot)',
    body: ProjectInput,
    response: Project,
  }),
  list: endpoint({
    method: 'GET',
    path: '/projects',
    access: 'user',
    status: 200,
    tag: 'Projects',
    summary: 'List projects, newest first',
    query: PageQuery,
    item: Project,
  }),
  get: endpoint({
    method: 'GET',
    path: '/projects/{project_id}',
    access: 'user',
    status: 200,
    tag: 'Projects',
    summary: 'One project',
    params: ProjectParams,
    response: Project,
  }),
  update: endpoint({
    method: 'PATCH',
    path: '/projects/{project_id}',
    access: 'user',
    status: 200,
    tag: 'Projects',
    summary: 'Change a project',
    params: ProjectParams,
    body: ProjectPatch,
    response: Project,
  }),
  remove: endpoint({
    method: 'DELETE',
    path: '/projects/{project_id}',
    access: 'user',
    status: 204,
    tag: 'Projects',
    summary: 'Delete a project with its prompts and conversations',
    params: ProjectParams,
  }),
} as const
