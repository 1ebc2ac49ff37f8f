import type { Attachment } from '@chatbot-platform/contract'

/** The part of `Storage` that is used. */
export interface KeyValueStorage {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}

/** Something to send. Its key is made once, so that however often it is sent, it happens once. */
export interface OutboxEntry {
  key: string
  kind: 'send' | 'regenerate' | 'edit' | 'continue'
  text: string | null
  /** The message it is about; null for `send`. */
  messageId: string | null
  promptId: string | null
  /** Where it was sent to: the same key must come with the same body. Null begins a session. */
  sessionId: string | null
  /** The images of a message; absent: none, or with `edit` those it has. */
  attachments?: readonly Attachment[]
  /** `continue` that no person has asked for. */
  isAutomatic?: true
  /** When it was asked for, in milliseconds since 1970. */
  at: number
  /** False while it waits in the queue. */
  isSent: boolean
}

/** A message that waits. */
export interface QueuedMessage {
  id: string
  text: string
  attachments?: readonly Attachment[]
}

/** The server knows a key for so long; after that a repetition would be a second turn. */
const keyLifeMs = 24 * 3_600_000

/**
 * What has not been accepted yet, kept where a reload finds it. With a storage that tabs share, all of them see one
 * queue, and the keys make sure that what two of them send is one turn.
 */
export class Outbox {
  private storage: KeyValueStorage | null
  private readonly changed: () => void
  private place: string
  private memory: OutboxEntry[] = []

  constructor(storage: KeyValueStorage | null, place: string, changed: () => void) {
    this.storage = storage
    this.place = place
    this.changed = changed
  }

  /** What waits, in order. */
  get queue(): OutboxEntry[] {
    return this.read().filter(({ isSent }) => !isSent)
  }

  /** Adds or changes an entry; a new one comes last unless `first`. */
  put(entry: OutboxEntry, { first = false } = {}): void {
    const entries = this.read()
    const index = entries.findIndex(({ key }) => key === entry.key)
    if (index >= 0 && !first) this.write(entries.with(index, entry))
    else {
      const others = entries.filter(({ key }) => key !== entry.key)
      this.write(first ? [entry, ...others] : [...others, entry])
    }
  }

  /** Whether a message was sent that nobody has acknowledged. */
  get holdsMessage(): boolean {
    return this.read().some(({ isSent, kind }) => isSent && kind === 'send')
  }

  /** Forgets what was sent without being acknowledged. */
  dropSent(): void {
    const entries = this.read()
    if (entries.some(({ isSent }) => isSent)) this.write(entries.filter(({ isSent }) => !isSent))
  }

  remove(key: string): OutboxEntry | undefined {
    const entries = this.read()
    const found = entries.find((entry) => entry.key === key)
    if (found) this.write(entries.filter((entry) => entry !== found))
    return found
  }

  /**
   * What was sent before a reload and never acknowledged, to be sent again; undefined if there is nothing. Further texts,
   * and those whose key has expired, go to the queue.
   */
  recover(now: number): OutboxEntry | undefined {
    const entries = this.read()
    const sent = entries.filter(({ isSent }) => isSent)
    if (sent.length === 0) return undefined
    const first = sent.find((entry) => isFresh(entry, now))
    const texts = sent.filter(({ kind }, index) => kind === 'send' && sent[index] !== first)
    const waiting = texts.map((entry) => {
      const isRepeatable = isFresh(entry, now) && entry.sessionId !== null
      return { ...entry, key: isRepeatable ? entry.key : newKey(), isSent: false }
    })
    this.write([...(first ? [first] : []), ...waiting, ...entries.filter(({ isSent }) => !isSent)])
    return first
  }

  /** The next of the queue; on a fresh start only one that was not typed too long ago to be still meant. */
  next({ now, onlyFresh = false }: { now: number; onlyFresh?: boolean }): OutboxEntry | undefined {
    const [head] = this.queue
    return head && (!onlyFresh || isFresh(head, now)) ? head : undefined
  }

  /** Takes everything along to another place: a new conversation has got its session. */
  moveTo(place: string): void {
    if (place === this.place) return
    const entries = this.read()
    this.write([])
    this.place = place
    if (entries.length > 0) this.write([...this.read(), ...entries])
  }

  private read(): OutboxEntry[] {
    if (this.storage === null) return this.memory
    try {
      const stored: unknown = JSON.parse(this.storage.getItem(this.place) ?? '[]')
      return Array.isArray(stored) ? stored.filter(isEntry) : []
    } catch {
      this.storage = null
      return this.memory
    }
  }

  private write(entries: OutboxEntry[]): void {
    this.memory = entries
    try {
      if (entries.length === 0) this.storage?.removeItem(this.place)
      else this.storage?.setItem(this.place, JSON.stringify(entries))
    } catch {
      // A full or forbidden storage costs the memory of a reload, not the message.
      this.storage = null
    }
    this.changed()
  }
}

/** Something to ask for, with a key of its own. */
export function wish(
  kind: OutboxEntry['kind'],
  fields: {
    text?: string
    messageId?: string
    attachments?: readonly Attachment[]
    promptId: string | null
    at: number
  },
): OutboxEntry {
  const { text = null, messageId = null, attachments, promptId, at } = fields
  const images = attachments ? { attachments } : {}
  return { key: newKey(), kind, text, messageId, ...images, promptId, sessionId: null, at, isSent: false }
}

/** Where the outbox of a conversation is stored. */
export function outboxPlace(projectId: string, sessionId: string | null): string {
  return sessionId === null ? `chatbot-outbox:new:${projectId}` : `chatbot-outbox:${sessionId}`
}

/** A key that nobody else makes. `crypto.randomUUID` is missing on pages served by plain HTTP, this is not. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function isFresh({ at }: OutboxEntry, now: number): boolean {
  return now - at < keyLifeMs
}

function isEntry(value: unknown): value is OutboxEntry {
  const entry = value as Partial<OutboxEntry> | null
  return typeof entry?.key === 'string' && typeof entry.kind === 'string' && typeof entry.at === 'number'
}

/** An entry of the queue as it is shown. */
export function queued({ key, text, attachments }: OutboxEntry): QueuedMessage {
  return { id: key, text: text ?? '', ...(attachments ? { attachments } : {}) }
}
