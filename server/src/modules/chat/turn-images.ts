import { buffer } from 'node:stream/consumers'
import { attachmentLimits } from '@chatbot-platform/contract'
import type { ChatImage } from '../../llm/provider.ts'
import { ProviderError } from '../../llm/provider-error.ts'
import type { Logger } from '../../platform/logger.ts'
import type { FileStorage } from '../../platform/storage/storage.ts'
import type { Prompt } from './context-window.ts'
import { type ImagesByDepth, withNotes } from './shown-images.ts'
import type { PathImage } from './turn-start.ts'

/** So many a turn shows at most. */
export const mostImages = attachmentLimits.perMessage

export type TurnImages = ReturnType<typeof createTurnImages>

/** Reads the images that a turn shows to a model. */
export function createTurnImages(deps: { storage: Pick<FileStorage, 'read'>; logger: Pick<Logger, 'warn'> }) {
  const { storage, logger } = deps
  return {
    /** The question's images first, then the latest before it, as many and as large as one message may have. */
    async read(path: readonly PathImage[], signal: AbortSignal): Promise<ImagesByDepth> {
      const shown = new Set(newest(path))
      const byDepth = new Map<number, { images: ChatImage[]; untold: number }>()
      for (const image of path) {
        signal.throwIfAborted()
        const entry = byDepth.get(image.depth) ?? { images: [], untold: 0 }
        byDepth.set(image.depth, entry)
        const read = shown.has(image) ? await content(image) : null
        if (read) entry.images.push(read)
        else entry.untold += 1
      }
      return byDepth
    },
  }

  async function content({ kind, storage_key: key }: PathImage): Promise<ChatImage | null> {
    const stored = await storage.read(key)
    if (stored) return { mediaType: `image/${kind}`, base64: (await buffer(stored.content)).toString('base64') }
    logger.warn({ stored_as: key }, 'the content of an image is missing from the file storage')
    return null
  }
}

function newest(path: readonly PathImage[]): PathImage[] {
  let bytes = 0
  return path.filter((image, index) => {
    bytes += image.bytes
    return index < mostImages && bytes <= attachmentLimits.messageBytes
  })
}

/** A prompt with its images; the question's are those of the user's first message in it. */
export function illustrated(prompt: Prompt, images: ImagesByDepth | null): Prompt {
  if (images === null) return prompt
  const own = images.get(0)
  const place = prompt.question.findIndex(({ role }) => role === 'user')
  const question = prompt.question.map((message, index) =>
    own && index === place ? { ...message, content: withNotes(message.content, own), images: own.images } : message,
  )
  return { ...prompt, question, images }
}

/** A refusal of what had images, by a model that may not read any. */
export function explainRefusal(error: unknown, imageCount: number): unknown {
  const isRefused = error instanceof ProviderError && error.code === 'provider_refused'
  if (!isRefused || imageCount === 0) return error
  return error.withSentence(
    'The provider refused the request. It had images, which this model may not read: choose one that does in the project’s settings, or go on without images in a new session.',
  )
}
