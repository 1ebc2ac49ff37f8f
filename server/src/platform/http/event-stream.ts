import type { FastifyReply } from 'fastify'
import { whenClosed } from './when-closed.ts'

const pingIntervalMs = 15_000
const drainTimeoutMs = 30_000

/** Every open stream of the process; one timer pings them all. */
const open = new Set<EventStream>()
let pinging: NodeJS.Timeout | undefined

/**
 * One reader of server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). Takes the reply
 * over from Fastify, and is written in as few packets as possible: the system call per packet is what a token costs.
 */
export class EventStream {
  /** True once the reader is gone or the stream was ended. */
  closed = false
  private readonly raw: FastifyReply['raw']
  private readonly closeListeners: (() => void)[] = []
  private drained: Promise<void> | null = null
  private stopWaiting: () => void = () => {}

  constructor(reply: FastifyReply) {
    reply.hijack()
    this.raw = reply.raw
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) this.raw.setHeader(name, value)
    this.raw.setHeader('content-type', 'text/event-stream; charset=utf-8')
    this.raw.setHeader('cache-control', 'no-cache, no-transform')
    this.raw.setHeader('x-accel-buffering', 'no')
    this.raw.statusCode = 200
    this.raw.on('error', () => this.finish())
    open.add(this)
    pinging ??= setInterval(pingAll, pingIntervalMs).unref()
    whenClosed(this.raw, () => this.finish())
  }

  /** Writes frames made by {@link frame}; returns false when the reader should be given time ({@link ready}). */
  write(frames: string): boolean {
    if (this.closed) return false
    return this.raw.write(frames)
  }

  /** Resolves when the reader can take more, or is gone. One that takes nothing for 30 s is dropped. */
  ready(): Promise<void> {
    if (this.closed || !this.raw.writableNeedDrain) return Promise.resolve()
    this.drained ??= new Promise((resolve) => {
      const timer = setTimeout(() => this.raw.destroy(), drainTimeoutMs)
      const done = () => {
        clearTimeout(timer)
        this.raw.off('drain', done)
        this.drained = null
        this.stopWaiting = () => {}
        resolve()
      }
      this.raw.once('drain', done)
      this.stopWaiting = done
    })
    return this.drained
  }

  onClose(listener: () => void): void {
    if (this.closed) listener()
    else this.closeListeners.push(listener)
  }

  end(frames = ''): void {
    if (this.closed) return
    this.raw.end(frames)
    // A reader that does not even take the end is dropped, like one that takes nothing before it.
    const timer = setTimeout(() => this.raw.destroy(), drainTimeoutMs).unref()
    this.raw.once('close', () => clearTimeout(timer))
    this.finish()
  }

  ping(): void {
    if (!this.raw.writableNeedDrain) this.raw.write(': ping\n\n')
  }

  private finish(): void {
    if (this.closed) return
    this.closed = true
    open.delete(this)
    if (open.size === 0) {
      clearInterval(pinging)
      pinging = undefined
    }
    this.stopWaiting()
    for (const listener of this.closeListeners) listener()
  }
}

/** One event in wire form. JSON has no line breaks of its own, so `data` is always one line. */
export function frame(event: string, data: unknown, id?: number): string {
  const head = id === undefined ? '' : `id: ${id}\n`
  return `${head}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

function pingAll(): void {
  for (const stream of open) stream.ping()
}
