import { ApiError } from '@chatbot-platform/client'
import type { FileErrorCode, KnowledgeFile, UploadResult } from '@chatbot-platform/contract'

/** A file on its way to the server, or one that did not arrive and why. */
export interface Upload {
  id: number
  file: File
  state:
    | { kind: 'waiting' }
    | { kind: 'sending'; share: number }
    | { kind: 'exists'; as: string }
    | { kind: 'refused'; code: FileErrorCode; detail: string }
    /** It may succeed when it is sent again. */
    | { kind: 'failed'; error: unknown }
}

export interface Uploads {
  /** Without those that have arrived: they are documents now. */
  list: readonly Upload[]
  /** Of the files that were chosen since the last time nothing was under way. */
  stored: number
  total: number
  isBusy: boolean
  /** The server wants a pause; in ms since 1970. */
  pausedUntil: number | null
}

interface UploadQueueOptions {
  send: (file: File, options: { signal: AbortSignal; onProgress: (share: number) => void }) => Promise<UploadResult>
  onStored: (file: KnowledgeFile) => void
  /** Size of the largest document, in bytes; null while it is not known. */
  maxBytes: () => number | null
}

/** No file after such a refusal fares better. */
const general = new Set<FileErrorCode>(['storage_full', 'too_many_files'])
const idle: Uploads = { list: [], stored: 0, total: 0, isBusy: false, pausedUntil: null }

/** Sends files one after the other, also while their page is not in view, and remembers those that were not taken. */
export class UploadQueue {
  private uploads = idle
  private nextId = 1
  private current: { id: number; controller: AbortController } | null = null
  private readonly options: UploadQueueOptions
  private readonly listeners = new Set<() => void>()

  constructor(options: UploadQueueOptions) {
    this.options = options
  }

  getSnapshot = (): Uploads => this.uploads

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  add(files: readonly File[]): void {
    const { list, isBusy, stored, total } = this.uploads
    const more = files.map((file): Upload => ({ id: this.nextId++, file, state: { kind: 'waiting' } }))
    const counts = isBusy ? { stored, total: total + more.length } : { stored: 0, total: more.length }
    this.set({ list: [...list, ...more], ...counts })
    if (!isBusy) void this.work()
  }

  retry(id: number): void {
    const upload = this.uploads.list.find((one) => one.id === id)
    if (!upload) return
    this.dismiss(id)
    this.add([upload.file])
  }

  /** Takes it off the list; one that is being sent is stopped. */
  dismiss(id: number): void {
    if (this.current?.id === id) this.current.controller.abort()
    const isCounted = this.uploads.list.some((one) => one.id === id && isUnderWay(one))
    this.set({
      list: this.uploads.list.filter((one) => one.id !== id),
      total: this.uploads.total - (isCounted ? 1 : 0),
    })
  }

  cancelAll(): void {
    for (const { id } of this.uploads.list.filter(isUnderWay)) this.dismiss(id)
  }

  dismissSettled(): void {
    this.set({ list: this.uploads.list.filter(isUnderWay) })
  }

  private async work(): Promise<void> {
    this.set({ isBusy: true })
    addEventListener('beforeunload', warn)
    for (let next = this.waiting(); next; next = this.waiting()) await this.sendOne(next)
    removeEventListener('beforeunload', warn)
    this.set({ isBusy: false })
  }

  private waiting(): Upload | undefined {
    return this.uploads.list.find(({ state }) => state.kind === 'waiting')
  }

  private async sendOne({ id, file }: Upload): Promise<void> {
    const maxBytes = this.options.maxBytes()
    if (file.size === 0) return this.settle(id, { kind: 'refused', code: 'empty', detail: '' })
    if (maxBytes !== null && file.size > maxBytes)
      return this.settle(id, { kind: 'refused', code: 'too_large', detail: '' })
    const controller = new AbortController()
    const { signal } = controller
    this.current = { id, controller }
    this.settle(id, { kind: 'sending', share: 0 })
    try {
      const onProgress = (share: number) => this.settle(id, { kind: 'sending', share })
      this.take(id, await this.options.send(file, { signal, onProgress }))
    } catch (error) {
      if (!signal.aborted) await this.failed(id, error, signal)
    } finally {
      this.current = null
    }
  }

  private take(id: number, { status, file, error }: UploadResult): void {
    if (error) this.refuse(id, error.code, error.detail)
    else if (status === 'exists' && file) this.settle(id, { kind: 'exists', as: file.name })
    else {
      this.set({ list: this.uploads.list.filter((one) => one.id !== id), stored: this.uploads.stored + 1 })
      if (file) this.options.onStored(file)
    }
  }

  private async failed(id: number, error: unknown, signal: AbortSignal): Promise<void> {
    const refusal = refusalIn(error)
    const waitSeconds = secondsToWait(error)
    if (refusal) this.refuse(id, refusal.code, refusal.detail)
    else if (waitSeconds === null) this.settle(id, { kind: 'failed', error })
    else {
      this.set({ pausedUntil: Date.now() + waitSeconds * 1000 })
      await pause(waitSeconds * 1000, signal)
      this.set({ pausedUntil: null })
      this.settle(id, { kind: 'waiting' })
    }
  }

  private refuse(id: number, code: FileErrorCode, detail: string): void {
    this.settle(id, { kind: 'refused', code, detail })
    if (!general.has(code)) return
    for (const other of this.uploads.list.filter(isUnderWay)) this.settle(other.id, { kind: 'refused', code, detail })
  }

  private settle(id: number, state: Upload['state']): void {
    this.set({ list: this.uploads.list.map((one) => (one.id === id ? { ...one, state } : one)) })
  }

  private set(patch: Partial<Uploads>): void {
    this.uploads = { ...this.uploads, ...patch }
    for (const listener of this.listeners) listener()
  }
}

export function isUnderWay({ state }: Upload): boolean {
  return state.kind === 'waiting' || state.kind === 'sending'
}

/** What the server says of each file, where it took none of them. */
function refusalIn(error: unknown): { code: FileErrorCode; detail: string } | null {
  if (!(error instanceof ApiError)) return null
  const { files } = error.problem
  const [first]: unknown[] = Array.isArray(files) ? files : []
  return (first as UploadResult | undefined)?.error ?? null
}

function secondsToWait(error: unknown): number | null {
  if (!(error instanceof ApiError) || error.problem.code !== 'rate_limited') return null
  const seconds = Number(error.headers.get('retry-after'))
  return seconds > 0 ? seconds : 5
}

function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs)
    signal.addEventListener('abort', () => resolve())
  })
}

function warn(event: BeforeUnloadEvent): void {
  event.preventDefault()
}
