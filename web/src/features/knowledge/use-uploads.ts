import type { Client } from '@chatbot-platform/client'
import { contract, type KnowledgeSummary } from '@chatbot-platform/contract'
import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useSyncExternalStore } from 'react'
import { useClient } from '../../lib/account.tsx'
import { keys } from '../../lib/queries/keys.ts'
import { uploadingFetch } from '../../lib/upload-fetch.ts'
import { UploadQueue, type Uploads } from './upload-queue.ts'

/** By bot. They outlive the page: going elsewhere stops no upload. */
const queues = new Map<string, UploadQueue>()

/** What is being uploaded to a bot, and the queue that more can be added to. */
export function useUploads(projectId: string): { queue: UploadQueue; uploads: Uploads } {
  const client = useClient()
  const queries = useQueryClient()
  const queue = queueOf(projectId, client, queries)
  return { queue, uploads: useSyncExternalStore(queue.subscribe, queue.getSnapshot) }
}

function queueOf(projectId: string, client: Client, queries: QueryClient): UploadQueue {
  const known = queues.get(projectId)
  if (known) return known
  const name = keys.knowledge(projectId)
  const queue = new UploadQueue({
    async send(file, { signal, onProgress }) {
      const params = { project_id: projectId }
      const input = { params, body: { files: [file] }, signal, fetch: uploadingFetch(onProgress) }
      const [result] = await client.call(contract.files.upload, input)
      if (!result) throw new Error('The server said nothing about the file.')
      return result
    },
    onStored: () => void queries.invalidateQueries({ queryKey: name }, { cancelRefetch: false }),
    maxBytes: () => queries.getQueryData<KnowledgeSummary>([...name, 'summary'])?.limits.file_bytes ?? null,
  })
  queues.set(projectId, queue)
  return queue
}
