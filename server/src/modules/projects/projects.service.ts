import type { PageQuery, Project, ProjectInput, ProjectPatch } from '@chatbot-platform/contract'
import type { ModelRegistry } from '../../llm/registry.ts'
import type { Database } from '../../platform/database/database.ts'
import { invalid, notFound } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { decodeCursor, type Page, timeCursor, toPage } from '../../platform/paging.ts'
import type { IdempotencyClaim, Scope } from '../../platform/scope.ts'
import type { AuditService } from '../audit/audit.service.ts'
import type { Once } from '../idempotency/idempotency.service.ts'
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
  audit: Pick<AuditService, 'record'>
  once: Once
  models: Pick<ModelRegistry, 'active'>
  /** Deletes what is stored outside the database under this prefix; never rejects. */
  forgetFiles: (prefix: string) => Promise<void>
}

export type ProjectsService = ReturnType<typeof createProjectsService>

/** Chatbots of a workspace. Unknown and foreign ids throw the same 404. */
export function createProjectsService({ db, audit, once, models, forgetFiles }: Deps) {
  return {
    create(scope: Scope, input: ProjectInput, claim: IdempotencyClaim | null): Promise<Project> {
      requireProviders(input)
      const fields = {
        description: null,
        provider: null,
        model: null,
        temperature: null,
        maxTokens: null,
        fallbacks: [],
        grounding: 'open' as const,
        ...toFields(input),
      }
      return once(scope, claim, async (tx) =>
        toProject(await insertProject(tx, scope, newId(), { ...fields, name: input.name })),
      )
    },

    list(scope: Scope, { limit, cursor }: PageQuery): Promise<Page<Project>> {
      const after = decodeCursor(cursor, timeCursor)
      return db.read(scope, async (tx) => {
        const rows = await listProjects(tx, scope, limit, after)
        return toPage(rows, limit, (row) => [row.createdAt.toISOString(), row.id], toProject)
      })
    },

    get(scope: Scope, id: string): Promise<Project> {
      return db.tenant(scope, async (tx) => toProject(required(await findProject(tx, scope, id))))
    },

    update(scope: Scope, id: string, patch: ProjectPatch): Promise<Project> {
      requireProviders(patch)
      return db.tenant(scope, async (tx) => toProject(required(await updateProject(tx, scope, id, toFields(patch)))))
    },

    async remove(scope: Scope, id: string): Promise<void> {
      await db.tenant(scope, async (tx) => {
        if (!(await deleteProject(tx, scope, id))) throw notFound('project')
        await audit.record(tx, scope, 'project.deleted', id)
      })
      await forgetFiles(`${scope.workspaceId}/${id.toLowerCase()}/`)
    },
  }

  function requireProviders({ provider, fallbacks = [] }: ProjectPatch): void {
    const active = models.active().map(({ id }) => id)
    const check = (id: string | null | undefined, loc: (string | number)[]) => {
      if (id === null || id === undefined || active.includes(id)) return
      throw invalid(['body', ...loc], `This provider is not active here. Active ones: ${active.join(', ')}.`)
    }
    check(provider, ['provider'])
    fallbacks.forEach((fallback, index) => {
      check(fallback.provider, ['fallbacks', index, 'provider'])
    })
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
    fallbacks: row.fallbacks,
    grounding: row.grounding,
    active_prompt_id: row.activePromptId,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  }
}
