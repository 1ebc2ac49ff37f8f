import type { TestApp } from './app.ts'

/** Resolves once every message that is final by now can be found. */
export async function untilIndexed({ server }: TestApp): Promise<void> {
  let count: number
  do count = await server.deps.searchIndexer.indexBatch()
  while (count > 0)
}
