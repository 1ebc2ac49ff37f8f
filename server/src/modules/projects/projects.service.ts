import type { PageQuery, Project, ProjectInput, ProjectPatch } from '@chatbot-platform/contract'
import type { ModelRegistry } from '../../llm/registry.ts'
import type { Database } from '../../platform/database/database.ts'
import { invalid, notFound } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { decodeCursor, type Page, timeCursor, toPage } from '../../platform/paging.ts'
import type { Scope } from '../../platform/scope.ts'
import {
  deleteProject,
  findProject,
  insertProject,
  listProjects,
  type ProjectFields,
  updateProject,
} from './projects.repository.ts'
import type { ProjectRow } from './projects.table.ts'

interface Deps {
  db: Database
  models: Pick<ModelRegistry, 'active'>
}

export type ProjectsService = ReturnType<typeof createProjectsService>

/** Chatbots of a workspace. Unknown and foreign ids throw the same 404. */
export function createProjectsService({ db, models }: Deps) {
  return {
    create(scope: Scope, input: ProjectInput): Promise<Project> {
      requireProvider(input.provider)
      const fields = {
        description: null,
        provider: null,
        model: null,
        temperature: null,
        maxTokens: null,
        ...toFields(input),
      }
      return db.tenant(scope, async (tx) =>
        toProject(await insertProject(tx, scope, newId(), { ...fields, name: input.name })),
      )
    },

    list(scope: Scope, { limit, cursor }: PageQuery): Promise<Page<Project>> {
      const after = decodeCursor(cursor, timeCursor)
      return db.tenant(scope, async (tx) => {
        const rows = await listProjects(tx, scope, limit, after)
        return toPage(rows, limit, (row) => [row.createdAt.toISOString(), row.id], toProject)
      })
    },

    get(scope: Scope, id: string): Promise<Project> {
      return db.tenant(scope, async (tx) => toProject(required(await findProject(tx, scope, id))))
    },

    update(scope: Scope, id: string, patch: ProjectPatch): Promise<Project> {
      requireProvider(patch.provider)
      return db.tenant(scope, async (tx) => toProject(required(await updateProject(tx, scope, id, toFields(patch)))))
    },

    remove(scope: Scope, id: string): Promise<void> {
      return db.tenant(scope, async (tx) => {
        if (!(await deleteProject(tx, scope, id))) throw notFound('project')
      })
    },
  }

  function requireProvider(id: string | null | undefined): void {
    if (id === null || id === undefined) return
    const active = models.active().map((provider) => provider.id)
    if (active.includes(id)) return
    throw invalid(['body', 'provider'], `This provider is not active here. Active ones: ${active.join(', ')}.`)
  }
}

function required(row: ProjectRow | undefined): ProjectRow {
  if (!row) throw notFound('project')
  return row
}

function toFields({ max_tokens: maxTokens, ...rest }: ProjectPatch): Partial<ProjectFields> {
  const fields = maxTokens === undefined ? rest : { ...rest, maxTokens }
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

function toProject(row: ProjectRow): Project {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    provider: row.provider,
    model: row.model,
    temperature: row.temperature,
    max_tokens: row.maxTokens,
    active_prompt_id: row.activePromptId,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  }
}
