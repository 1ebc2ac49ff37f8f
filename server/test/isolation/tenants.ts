import { randomBytes } from 'node:crypto'
import { contract } from '@chatbot-platform/contract'
import { upload } from '../files/uploads.ts'
import { createProject, type TestApp, type TestUser } from '../support/app.ts'
import { makeResources, type Resources } from '../tenancy/samples.ts'

/** A tenant with a word of its own in every text it has, and everything by which somebody might reach for it. */
export interface Tenant {
  user: TestUser
  ids: Resources
  /** In all its texts and in its e-mail address: whoever else reads it has found a leak. */
  word: string
  /** The workspace, the user and the sign-in, as its token names them. */
  claims: Record<'wid' | 'sub' | 'sid', string>
  /** Of its lists, by operation: where the second page begins. */
  cursors: Record<string, string>
}

/** Registers a tenant and gives it one of everything, and two of what is listed. */
export async function createTenant(app: TestApp): Promise<Tenant> {
  const word = `canary${randomBytes(6).toString('hex')}`
  const user = await app.user(`${word}@example.com`)
  const ids = await makeResources(app, user, word)
  await createProject(user, { name: `${word} second` })
  const params = { project_id: ids.project_id }
  const content = `${word} draft`
  await user.client.call(contract.prompts.create, { params, body: { content, activate: false } })
  await user.client.call(contract.chat.send, { body: { project_id: ids.project_id, message: `${word} again` } })
  await upload(user, { id: ids.project_id }, { [`${word}.txt`]: `${word} of the second document` })
  const claims = JSON.parse(Buffer.from(user.token.split('.')[1] ?? '', 'base64url').toString())
  return { user, ids, word, claims, cursors: await cursorsOf(app, user, ids, word) }
}

async function cursorsOf(app: TestApp, { token }: TestUser, ids: Resources, word: string): Promise<Tenant['cursors']> {
  const lists = {
    'projects.list': '/projects?',
    'prompts.list': `/projects/${ids.project_id}/prompts?`,
    'sessions.list': `/projects/${ids.project_id}/sessions?`,
    'sessions.messages': `/sessions/${ids.session_id}/messages?`,
    'search.messages': `/search/messages?q=${word}&`,
    'files.list': `/projects/${ids.project_id}/files?`,
    'files.passages': `/projects/${ids.project_id}/files/${ids.file_id}/passages?`,
    'audit.list': '/audit?',
  }
  const cursors: Tenant['cursors'] = {}
  for (const [name, path] of Object.entries(lists)) {
    const page = await fetch(`${app.url}${path}limit=1`, { headers: { authorization: `Bearer ${token}` } })
    const cursor = page.headers.get('link')?.match(/cursor=([\w%-]+)/)?.[1]
    if (cursor) cursors[name] = decodeURIComponent(cursor)
  }
  return cursors
}
