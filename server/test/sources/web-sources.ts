import { setTimeout as sleep } from 'node:timers/promises'
import { contract, type KnowledgeFile, type Project, type Source, type SourceInput } from '@chatbot-platform/contract'
import { startTestApp, type TestApp, type TestAppOptions, type TestUser } from '../support/app.ts'

/** As an operator has it who lets sources be read from this machine. */
export const loopbackOpen = { OUTBOUND_ALLOW: '127.0.0.1', OUTBOUND_PORTS: '80,443,1024-65535' }

/** A server that reads web sites on loopback, without pauses. */
export function startSourcesApp(env: Record<string, string> = {}, options: TestAppOptions = {}): Promise<TestApp> {
  return startTestApp({ ...options, env: { ...loopbackOpen, ...env }, given: { webPauseMs: 0 } })
}

type Owned = Pick<Source, 'id' | 'project_id'>

export function addSource(
  user: TestUser,
  project: Pick<Project, 'id'>,
  input: Omit<SourceInput, 'refresh_hours'> & { refresh_hours?: number | null },
): Promise<Source> {
  const { refresh_hours = null, ...rest } = input
  return user.client.call(contract.sources.create, {
    params: { project_id: project.id },
    body: { ...rest, refresh_hours },
  })
}

const paramsOf = ({ id, project_id }: Owned) => ({ project_id, source_id: id })

export function getSource(user: TestUser, source: Owned): Promise<Source> {
  return user.client.call(contract.sources.get, { params: paramsOf(source) })
}

/** The source once it is `ready` or `failed`. */
export async function untilCrawled(user: TestUser, source: Owned, timeoutMs = 30_000): Promise<Source> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const current = await getSource(user, source)
    if (current.state === 'ready' || current.state === 'failed') return current
    if (Date.now() > deadline) throw new Error(`the source is still ${current.state}`)
    await sleep(50)
  }
}

/** Adds a source and waits until it and its documents have been read. */
export async function readSite(
  user: TestUser,
  project: Pick<Project, 'id'>,
  input: Parameters<typeof addSource>[2],
): Promise<Source> {
  const source = await untilCrawled(user, await addSource(user, project, input))
  await pagesOf(user, source)
  return source
}

/** Has a source read again, and waits as {@link readSite} does. */
export async function readAgain(user: TestUser, source: Owned): Promise<Source> {
  await user.client.call(contract.sources.crawl, { params: paramsOf(source) })
  const read = await untilCrawled(user, source)
  await pagesOf(user, source)
  return read
}

/** The documents of a source by the path of their pages, once none is under way. */
export async function pagesOf(
  user: TestUser,
  source: Owned,
  timeoutMs = 60_000,
): Promise<Record<string, KnowledgeFile>> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const files = await user.client.call(contract.files.list, {
      params: { project_id: source.project_id },
      query: { source_id: source.id, limit: 100 },
    })
    const isDone = files.every(({ state }) => state === 'ready' || state === 'failed')
    if (isDone) return Object.fromEntries(files.map((file) => [new URL(file.url ?? '').pathname, file]))
    if (Date.now() > deadline) throw new Error('documents are still under way')
    await sleep(50)
  }
}

/** What a document says, passage by passage. */
export async function textOf(user: TestUser, file: KnowledgeFile | undefined): Promise<string> {
  if (!file) throw new Error('there is no such document')
  const params = { project_id: file.project_id, file_id: file.id }
  const passages = await user.client.call(contract.files.passages, { params, query: { limit: 100 } })
  return passages.map(({ text }) => text).join('\n')
}

/** A page of the web with this text. */
export function page(text: string): string {
  return `<!doctype html><html><head><title>A page</title></head><body><main><h1>Hours</h1><p>${text}</p></main></body></html>`
}
