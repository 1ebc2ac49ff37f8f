import { sql } from 'drizzle-orm'
import type { EmbeddingUsage } from '../../llm/embeddings.ts'
import type { PriceBook } from '../../llm/prices.ts'
import type { Tx } from '../../platform/database/database.ts'
import { newId } from '../../platform/ids.ts'
import type { Scope } from '../../platform/scope.ts'

interface BookedEmbedding {
  projectId: string
  projectName: string
  usage: EmbeddingUsage
  prices: Pick<PriceBook, 'costOf'>
  userId?: string
}

/** Books what an embedding model took, in the ledger and in the budgets. */
export async function recordEmbedding(
  tx: Tx,
  { workspaceId }: Pick<Scope, 'workspaceId'>,
  { projectId, projectName, usage, prices, userId }: BookedEmbedding,
): Promise<void> {
  const { provider, model, tokens } = usage
  const told = { promptTokens: tokens, completionTokens: 0, cachedPromptTokens: null, cost: usage.cost }
  const { cost, priceVersion } = prices.costOf({ provider, model, usage: told })
  const id = newId()
  await tx.execute(
    sql`INSERT INTO usage_events (workspace_id, id, project_id, kind, user_id, project_name, provider, model, state,
            prompt_tokens, completion_tokens, cost, price_version)
        VALUES (${workspaceId}, ${id}, ${projectId}, 'embedding', ${userId ?? null}, ${projectName}, ${provider}, ${model},
            'complete', ${tokens}, 0, ${cost}, ${priceVersion})`,
  )
  await tx.execute(
    sql`SELECT settle_budgets(${workspaceId}, ${projectId}, ${id}, ${tokens}::int, 0, ${cost}::numeric, false)`,
  )
}
