import { onNextFrame, type Page } from './page.ts'

/** What a piece of text brought: a `gap` means that text before it is missing. */
export type Received = 'new' | 'seen' | 'gap'

/**
 * The texts of answers while they grow. Listeners are told at most once a frame, and read the text when they like.
 * Offsets are UTF-16 units, as `length` counts them.
 */
export class LiveText {
  private readonly page: Page
  private readonly texts = new Map<string, string>()
  private readonly listeners = new Map<string, Set<() => void>>()
  private readonly changed = new Set<string>()

  constructor(page: Page) {
    this.page = page
  }

  begin(id: string, text: string): void {
    this.texts.set(id, text)
    this.tell(id)
  }

  /** Adds a piece that ends at this offset, leaving out what is there already. */
  receive(id: string, piece: string, endOffset: number | null): Received {
    const text = this.texts.get(id) ?? ''
    const start = endOffset === null ? text.length : endOffset - piece.length
    if (start > text.length) return 'gap'
    const fresh = piece.slice(text.length - start)
    if (fresh === '') return 'seen'
    this.texts.set(id, text + fresh)
    this.schedule(id)
    return 'new'
  }

  read(id: string): string | undefined {
    return this.texts.get(id)
  }

  lengthOf(id: string): number {
    return this.texts.get(id)?.length ?? 0
  }

  /** The text has become the message's own. */
  end(id: string): void {
    this.texts.delete(id)
    this.tell(id)
  }

  subscribe(id: string, listener: () => void): () => void {
    const others = this.listeners.get(id) ?? new Set()
    this.listeners.set(id, others.add(listener))
    return () => {
      others.delete(listener)
      if (others.size === 0) this.listeners.delete(id)
    }
  }

  private schedule(id: string): void {
    const isScheduled = this.changed.size > 0
    this.changed.add(id)
    if (isScheduled) return
    onNextFrame(this.page, () => {
      const ids = [...this.changed]
      this.changed.clear()
      for (const one of ids) this.tell(one)
    })
  }

  private tell(id: string): void {
    for (const listener of this.listeners.get(id) ?? []) listener()
  }
}
