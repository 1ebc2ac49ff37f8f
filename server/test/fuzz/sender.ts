import { createClient } from '@chatbot-platform/client'
import { AccessToken, contract } from '@chatbot-platform/contract'
import type { Random } from '../../torture/random.ts'
import { testPassword } from '../support/app.ts'
import { smallImage } from '../support/images.ts'
import type { Sender } from './fuzz-request.ts'
import { uuid } from './values.ts'

/** A new user with one of everything that an id can name. */
export async function createSender(baseUrl: string, random: Random): Promise<Sender> {
  const email = `sender-${uuid(random)}@example.com`
  const anonymous = createClient({ baseUrl })
  await anonymous.call(contract.auth.register, { body: { email, password: testPassword } })
  const { token, cookie } = await signIn(baseUrl, email)
  const { call } = createClient({ baseUrl, token })
  const project = await call(contract.projects.create, { body: { name: 'Support' } })
  const params = { project_id: project.id }
  const prompt = await call(contract.prompts.create, { params, body: { content: 'Be kind.' } })
  const turn = await call(contract.chat.send, { body: { project_id: project.id, message: 'Hello' } })
  const files = [new File(['We are open from nine to five.'], 'hours.txt')]
  const [upload] = await call(contract.files.upload, { params, body: { files } })
  const page = { kind: 'url' as const, url: `https://${uuid(random)}.example/`, refresh_hours: null }
  const source = await call(contract.sources.create, { params, body: page })
  const image = await call(contract.attachments.upload, { params, body: { file: smallImage() } })
  return {
    token,
    cookie,
    questionId: turn.message.id,
    known: {
      project_id: project.id,
      prompt_id: prompt.id,
      session_id: turn.session_id,
      file_id: upload?.file?.id ?? '',
      source_id: source.id,
      url: 'https://www.example/sitemap.xml',
      attachment_id: image.id,
      message_id: random.next() < 0.7 ? turn.assistant_message.id : turn.message.id,
      around: turn.message.id,
      username: email,
      password: testPassword,
      current_password: testPassword,
      group_by: random.oneOf(['day', 'project,model', 'model,day,project']) ?? 'day',
    },
  }
}

async function signIn(baseUrl: string, email: string): Promise<Pick<Sender, 'token' | 'cookie'>> {
  const body = new URLSearchParams({ username: email, password: testPassword })
  const response = await fetch(`${baseUrl}/auth/login`, { method: 'POST', body })
  const { access_token: token } = AccessToken.parse(await response.json())
  const cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  return { token, cookie }
}

// After these an id or the credentials of the sender are gone.
const endings = new Set([
  'users.remove',
  'users.update',
  'projects.remove',
  'sessions.remove',
  'files.remove',
  'sources.remove',
  'auth.password',
  'auth.logout',
])

/** Whether the sender's next requests would only find that something is missing. */
export function isSpent(operation: string | undefined, status: number): boolean {
  return operation !== undefined && endings.has(operation) && status < 300
}
