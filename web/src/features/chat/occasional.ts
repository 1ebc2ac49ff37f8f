import type { Client } from '@chatbot-platform/client'
import { contract } from '@chatbot-platform/contract'
import { uploadingFetch } from '../../lib/upload-fetch.ts'
import { ImageTray } from './image-tray.tsx'
import { ImageUploads } from './image-uploads.ts'
import { MessageImages } from './message-images.tsx'
import { Queue } from './queue.tsx'

/** What a conversation shows only at times; see `later-parts.ts`. */
export { ImageTray, MessageImages, Queue }

/** A place for them, from which they are uploaded to a bot. */
export function openImageUploads(client: Client, projectId: string): ImageUploads {
  return new ImageUploads((file, onProgress, signal) => {
    const params = { project_id: projectId }
    const input = { params, body: { file }, signal, fetch: uploadingFetch(onProgress) }
    return client.call(contract.attachments.upload, input)
  })
}
