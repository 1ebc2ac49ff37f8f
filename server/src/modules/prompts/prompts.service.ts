import type { PageQuery, Prompt, PromptInput } from '@chatbot-platform/contract'
import { z } from 'zod'
import type { Database, Tx } from '../../platform/database/database.ts'
import { notFound } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { decodeCursor, type Page, toPage } from '../../platform/paging.ts'
import type { IdempotencyClaim, Scope } from '../../platform/scope.ts'
import type { Once } from '../idempotency/idempotency.service.ts'
import {
  findActivePromptId,
  findAuthors,
  findPrompt,
  insertPrompt,
  listPrompts,
  type PromptAuthor,
  setActivePrompt,
  takeVersion,
} from './prompts.repository.ts'
import type { PromptRow } from './prompts.table.ts'

interface Deps {
  db: Database
  once: Once
}

export type PromptsService = ReturnType<typeof createPromptsService>

const versionCursor = z.tuple([z.int32()])

/**
 * System prompts as immutable versions. The active one is the system prompt of every turn; a new version becomes
 * active unless it is made as a draft, and any version can be made active again.
 */
export function createPromptsService({ db, once }: Deps) {
  return {
    create(scope: Scope, projectId: string, input: PromptInput, claim: IdempotencyClaim | null): Promise<Prompt> {
      return once(scope, claim, async (tx) => {
        const version = await takeVersion(tx, scope, projectId)
        if (version === undefined) throw notFound('project')
        const fields = { id: newId(), projectId, version, content: input.content, createdBy: scope.userId }
        const row = await insertPrompt(tx, scope, fields)
        if (input.activate) await setActivePrompt(tx, scope, projectId, row.id)
        return withAuthor(tx, row, input.activate ? row.id : null)
      })
    },

    list(scope: Scope, projectId: string, { limit, cursor }: PageQuery): Promise<Page<Prompt>> {
      const before = decodeCursor(cursor, versionCursor)?.[0]
      return db.read(scope, async (tx) => {
        const activeId = await requireProject(tx, scope, projectId)
        const rows = await listPrompts(tx, scope, projectId, limit, before)
        const authors = await findAuthors(
          tx,
          rows.map(({ id }) => id),
        )
        return toPage(
          rows,
          limit,
          (row) => [row.version],
          (row) => toPrompt(row, activeId, authors),
        )
      })
    },

    get(scope: Scope, projectId: string, id: string): Promise<Prompt> {
      return db.tenant(scope, async (tx) => {
        const activeId = await requireProject(tx, scope, projectId)
        return withAuthor(tx, required(await findPrompt(tx, scope, projectId, id)), activeId)
      })
    },

    activate(scope: Scope, projectId: string, id: string, claim: IdempotencyClaim | null): Promise<Prompt> {
      return once(scope, claim, async (tx) => {
        await requireProject(tx, scope, projectId)
        const row = required(await findPrompt(tx, scope, projectId, id))
        await setActivePrompt(tx, scope, projectId, id)
        return withAuthor(tx, row, id)
      })
    },
  }
}

async function requireProject(tx: Tx, scope: Scope, projectId: string): Promise<string | null> {
  const activeId = await findActivePromptId(tx, scope, projectId)
  if (activeId === undefined) throw notFound('project')
  return activeId
}

function required(row: PromptRow | undefined): PromptRow {
  if (!row) throw notFound('prompt')
  return row
}

async function withAuthor(tx: Tx, row: PromptRow, activeId: string | null): Promise<Prompt> {
  return toPrompt(row, activeId, await findAuthors(tx, [row.id]))
}

function toPrompt(row: PromptRow, activeId: string | null, authors: Map<string, PromptAuthor>): Prompt {
  return {
    id: row.id,
    project_id: row.projectId,
    version: row.version,
    content: row.content,
    active: row.id === activeId,
    created_at: row.createdAt.toISOString(),
    created_by: authors.get(row.id) ?? null,
  }
}
