import type { ImageKind } from '@chatbot-platform/contract'

/** An image taken apart and put together again: sizes in pixels, and its bytes without what only tells of its origin. */
export interface CleanImage {
  kind: ImageKind
  width: number
  height: number
  content: Buffer
}

/** What a format's reader finds. */
export type ReadImage = Omit<CleanImage, 'kind'>

/** The bytes are no image of the kind that they begin as, or it broke off. */
export class BrokenImage extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'BrokenImage'
  }
}
