import type { ChatSession, Citation, ExportQuery, Message } from '@chatbot-platform/contract'
import type { Database } from '../../platform/database/database.ts'
import { notFound } from '../../platform/errors.ts'
import type { Scope } from '../../platform/scope.ts'
import type { AuditService } from '../audit/audit.service.ts'
import { listMessages } from './messages.repository.ts'
import { ownEnd, toMessages } from './messages.service.ts'
import { findSession } from './sessions.repository.ts'
import { toSession } from './sessions.service.ts'

export type ExportService = ReturnType<typeof createExportService>

/** A file in the making: read `text` piece by piece, so that a long session never is in memory as a whole. */
export interface SessionFile {
  name: string
  extension: 'md' | 'json'
  mediaType: string
  text: AsyncIterable<string>
}

const messagesPerRead = 200
const chunkLength = 32_768

/** Sessions as files. */
export function createExportService({ db, audit }: { db: Database; audit: Pick<AuditService, 'record'> }) {
  return {
    /** Markdown follows the path that the session shows; JSON has every message. Throws 404 for an unknown session. */
    async export(scope: Scope, id: string, format: ExportQuery['format']): Promise<SessionFile> {
      const row = await db.read(scope, (tx) => findSession(tx, scope, id))
      if (!row) throw notFound('session')
      await db.tenant(scope, (tx) => audit.record(tx, scope, 'session.exported', row.id))
      const session = toSession(row)
      const name = session.title ?? 'Untitled'
      if (format === 'json') {
        const text = inChunks(asJson(session, read(scope, id, null)))
        return { name, extension: 'json', mediaType: 'application/json', text }
      }
      const text = inChunks(asMarkdown(session, read(scope, id, ownEnd(row))))
      return { name, extension: 'md', mediaType: 'text/markdown', text }
    },
  }

  /** No transaction stays open while the reader takes its time. */
  async function* read(scope: Scope, sessionId: string, pathEnd: string | null): AsyncGenerator<Message> {
    let beyond: number | undefined
    for (;;) {
      const range = { sessionId, pathEnd, order: 'asc' as const, beyond, count: messagesPerRead }
      const messages = await db.read(scope, async (tx) => toMessages(tx, scope, await listMessages(tx, scope, range)))
      yield* messages
      if (messages.length < messagesPerRead) return
      beyond = messages.at(-1)?.seq
    }
  }
}

/** Few large writes cost less than many small ones. */
async function* inChunks(text: AsyncIterable<string>): AsyncGenerator<string> {
  let chunk = ''
  for await (const piece of text) {
    chunk += piece
    if (chunk.length < chunkLength) continue
    yield chunk
    chunk = ''
  }
  yield chunk
}

async function* asJson(session: ChatSession, messages: AsyncIterable<Message>): AsyncGenerator<string> {
  yield `{"session":${JSON.stringify(session)},"messages":[`
  let separator = '\n'
  for await (const message of messages) {
    yield separator + JSON.stringify(message)
    separator = ',\n'
  }
  yield '\n]}\n'
}

async function* asMarkdown(session: ChatSession, messages: AsyncIterable<Message>): AsyncGenerator<string> {
  yield `# ${session.title ?? 'Untitled'}\n`
  for await (const message of messages) {
    yield `\n## ${headingOf(message)}\n\n${withClosedFence(message.content)}\n${imagesOf(message)}${footnotesOf(message)}`
  }
}

/** The images themselves are not in the file. */
function imagesOf({ attachments = [] }: Message): string {
  const images = attachments.map(({ kind, width, height }) => `- Image: ${kind.toUpperCase()}, ${width} × ${height}\n`)
  return images.length === 0 ? '' : `\n${images.join('')}`
}

/** Where the numbers of an answer point to; of a document that is gone there is nothing left to say. */
function footnotesOf({ citations = [] }: Message): string {
  const notes = citations.map((citation) => `- \\[${citation.number}\\] ${sourceOf(citation)}\n`)
  return notes.length === 0 ? '' : `\n${notes.join('')}`
}

function sourceOf({ state, file_name: name, url, page, heading }: Citation): string {
  if (state === 'deleted' || name === null) return '(the document was deleted)'
  const parts = [name, url ?? '', page === null ? '' : `page ${page}`, heading ?? '']
  const source = parts
    .filter((part) => part !== '')
    .map(plain)
    .join(', ')
  return state === 'changed' ? `${source} (the document has changed since)` : source
}

/** On one line, and without a meaning in Markdown. */
function plain(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_[\]<>#|~!]/g, '\\$&')
}

function headingOf({ role, timestamp, state, error_code: code, provider, model }: Message): string {
  const author = role === 'user' ? 'User' : 'Assistant'
  const by = [provider, model].filter((part) => part !== null).join(' / ')
  const how = state === 'complete' ? '' : code === null || code === state ? state : `${state}: ${code}`
  return [author, timestamp, by, how].filter((part) => part !== '').join(' · ')
}

/** An answer that was cut inside a code block would swallow the messages after it. */
function withClosedFence(content: string): string {
  let open: string | null = null
  for (const [, fence = '', rest = ''] of content.matchAll(/^ {0,3}(`{3,}|~{3,})([^\n]*)$/gm)) {
    if (open === null) open = fence
    else if (fence.startsWith(open) && rest.trim() === '') open = null
  }
  return open === null ? content : `${content}\n${open}`
}
