import { type Attachment, attachmentLimits } from '@chatbot-platform/contract'

/** An image in the composer. */
export interface ComposerImage {
  key: number
  name: string
  /** Of the picture on this machine; null where only the server has it. */
  url: string | null
  /** How much of it has been sent, from 0 to 1. */
  share: number
  /** Once the server has it. */
  attachment: Attachment | null
  /** Why it was not taken; null where nothing is wrong. */
  error: { isTooLarge: boolean; cause: unknown } | null
}

export interface ComposerImages {
  images: readonly ComposerImage[]
  /** The last choice had more than a message takes. */
  isOverfull: boolean
}

/** Uploads one image; throws what the client throws. */
type Send = (file: File, onProgress: (share: number) => void, signal: AbortSignal) => Promise<Attachment>

const none: ComposerImages = { images: [], isOverfull: false }

/** The images that wait for their message. They are uploaded as soon as they are chosen. */
export class ImageUploads {
  private readonly send: Send
  private readonly listeners = new Set<() => void>()
  private readonly controllers = new Map<number, AbortController>()
  private state = none
  private lastKey = 0

  constructor(send: Send) {
    this.send = send
  }

  readonly getSnapshot = (): ComposerImages => this.state

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Adds files, as many as a message takes, and begins to upload them. */
  add(files: readonly File[]): void {
    const room = attachmentLimits.perMessage - this.state.images.length
    const added = files.slice(0, room).map((file) => this.imageOf(file))
    this.set({ images: [...this.state.images, ...added.map(({ image }) => image)], isOverfull: files.length > room })
    for (const { file, image } of added) if (image.error === null) void this.upload(image.key, file)
  }

  /** Takes up images that the server has already. */
  restore(attachments: readonly Attachment[]): void {
    const room = attachmentLimits.perMessage - this.state.images.length
    const added = attachments.slice(0, room).map((attachment) => ({
      ...{ key: this.newKey(), name: '', url: null, share: 1, error: null },
      attachment,
    }))
    this.set({ images: [...this.state.images, ...added], isOverfull: attachments.length > room })
  }

  remove(key: number): void {
    this.controllers.get(key)?.abort()
    this.forget(this.state.images.filter((image) => image.key === key))
    this.set({ images: this.state.images.filter((image) => image.key !== key), isOverfull: false })
  }

  /** What the server has, for a message that is sent now; the composer is empty after that. */
  take(): Attachment[] {
    const taken = this.state.images.flatMap(({ attachment }) => attachment ?? [])
    this.clear()
    return taken
  }

  clear(): void {
    for (const controller of this.controllers.values()) controller.abort()
    this.forget(this.state.images)
    if (this.state !== none) this.set(none)
  }

  private imageOf(file: File): { file: File; image: ComposerImage } {
    const isTooLarge = file.size > attachmentLimits.bytes
    const error = isTooLarge ? { isTooLarge, cause: null } : null
    const url = URL.createObjectURL(file)
    return { file, image: { key: this.newKey(), name: file.name, url, share: 0, attachment: null, error } }
  }

  private async upload(key: number, file: File): Promise<void> {
    const controller = new AbortController()
    this.controllers.set(key, controller)
    try {
      const attachment = await this.send(file, (share) => this.change(key, { share }), controller.signal)
      this.change(key, { attachment, share: 1 })
    } catch (cause) {
      this.change(key, { error: { isTooLarge: false, cause } })
    } finally {
      this.controllers.delete(key)
    }
  }

  private change(key: number, patch: Partial<ComposerImage>): void {
    const { images } = this.state
    if (!images.some((image) => image.key === key)) return
    this.set({ ...this.state, images: images.map((image) => (image.key === key ? { ...image, ...patch } : image)) })
  }

  private forget(images: readonly ComposerImage[]): void {
    for (const { url } of images) if (url !== null) URL.revokeObjectURL(url)
  }

  private newKey(): number {
    this.lastKey += 1
    return this.lastKey
  }

  private set(state: ComposerImages): void {
    this.state = state
    for (const listener of this.listeners) listener()
  }
}
