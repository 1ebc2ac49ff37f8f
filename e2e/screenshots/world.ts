import { contract, type Project } from '@chatbot-platform/contract'
import { withSession } from '../../server/src/platform/database/session.ts'
import { createProject, type TestUser } from '../../server/test/support/app.ts'
import { ask } from '../../server/test/support/turns.ts'
import { startWebTest, type WebTest } from '../support/web-app.ts'
import { answers, otherAnswer } from './answers.ts'
import { addDocuments } from './documents.ts'

/** An account as it may look after some weeks, for pictures. */
export interface World {
  app: WebTest
  user: TestUser
  /** The bot that the pictures show, and its conversation about gears. */
  bot: Project
  sessionId: string
  /** A bot that answers from documents, and its conversation about a refund. */
  support: Project
  refundSessionId: string
}

const prompts = [
  'You are a patient tutor for mechanics. Answer in plain words.',
  'You are a patient tutor for mechanics. Answer in plain words, begin with the idea and show one worked example.',
  `You are a patient tutor for mechanics.

Begin with the idea in one sentence, then show one worked example with numbers.
Use formulas where they help, and say what each letter means.
When a question is unclear, ask one question back.`,
]

const bots = [
  { name: 'Garden helper', description: 'What to plant, when, and what to do about snails.' },
  { name: 'Support desk', description: 'Answers about orders, returns and sizes, from the shop’s own rules.' },
  { name: 'Spanish tutor', description: 'Short lessons, gentle corrections.' },
  { name: 'Mechanics tutor', description: 'Explains machines with words, numbers and a little code.' },
]

const questions: [bot: string, text: string, daysAgo: number][] = [
  ['Mechanics tutor', 'Why does a lever make things lighter?', 34],
  ['Mechanics tutor', 'Belt or chain for a bicycle?', 12],
  ['Mechanics tutor', 'What limits the speed of a sailing boat?', 5],
  ['Mechanics tutor', 'How do I read a torque curve?', 4],
  ['Mechanics tutor', 'Explain backlash with an example', 1],
  ['Garden helper', 'What must not go on the compost?', 1],
  ['Support desk', 'How do I get a refund for shoes?', 0],
  ['Spanish tutor', 'When do I need the subjunctive?', 0],
  ['Mechanics tutor', 'How do the teeth of two gears set their speeds?', 0],
]

export async function createWorld(): Promise<World> {
  const app = await startWebTest({
    env: (upstreamUrl) => ({
      GROQ_API_KEY: 'gsk_for_pictures',
      GROQ_BASE_URL: `${upstreamUrl}/v1`,
      LLM_PROVIDER: 'groq',
      LLM_MODEL: 'llama-3.3-70b-versatile',
    }),
  })
  app.upstream.offers(
    ['llama-3.3-70b-versatile', 'openai/gpt-oss-120b', 'llama-3.1-8b-instant'].map((id) => ({
      id,
      object: 'model',
      context_window: 131_072,
    })),
  )
  return { app, ...(await furnish(app)) }
}

async function furnish(app: WebTest) {
  app.upstream.answers(({ body }) => {
    const question = body.messages?.findLast(({ role }) => role === 'user')?.content ?? ''
    const text = Object.entries(answers).find(([word]) => question.includes(word))?.[1] ?? otherAnswer
    return { text: text.split(/(?<= )/), usage: { prompt_tokens: 412, completion_tokens: Math.round(text.length / 4) } }
  })
  const user = await app.user('you@example.com')
  const projects = new Map<string, Project>()
  for (const bot of bots) projects.set(bot.name, await createProject(user, bot))
  const bot = required(projects, 'Mechanics tutor')
  for (const content of prompts)
    await user.client.call(contract.prompts.create, { params: { project_id: bot.id }, body: { content } })
  const support = required(projects, 'Support desk')
  await addDocuments(user, support)
  let sessionId = ''
  let refundSessionId = ''
  for (const [name, text, daysAgo] of questions) {
    const turn = await ask(user, required(projects, name), text)
    sessionId = turn.session_id
    if (name === support.name) refundSessionId = sessionId
    if (daysAgo > 0) await putBack(app, turn.session_id, daysAgo)
    if (text.includes('lever'))
      await user.client.call(contract.sessions.update, { params: { session_id: sessionId }, body: { pinned: true } })
  }
  await putBackBots(app, user)
  return { user, bot, sessionId, support, refundSessionId }
}

function required<T>(map: Map<string, T>, key: string): T {
  const value = map.get(key)
  if (value === undefined) throw new Error(`there is no ${key}`)
  return value
}

/** Time passes: the bots and their prompts were made and changed some days ago, one after the other. */
async function putBackBots(app: WebTest, user: TestUser): Promise<void> {
  const projects = await user.client.call(contract.projects.list, { query: {} })
  const ids = projects.map(({ id }) => id)
  await withSession(app.database.superuserUrl, async (client) => {
    await client.query(
      `UPDATE projects SET created_at = created_at - (40 + n) * interval '1 day', updated_at = updated_at - n * n * interval '1 day'
       FROM unnest($1::uuid[]) WITH ORDINALITY AS given (project, n) WHERE id = project`,
      [ids],
    )
    await client.query(
      `UPDATE prompts SET created_at = created_at - (4 - version) * interval '6 days' WHERE project_id = ANY($1)`,
      [ids],
    )
  })
}

/** Time passes: the conversation, and what it cost, were some days ago. */
async function putBack(app: WebTest, sessionId: string, days: number): Promise<void> {
  await withSession(app.database.superuserUrl, async (client) => {
    const past = [sessionId, days]
    await client.query(
      `UPDATE chat_sessions SET created_at = created_at - $2 * interval '1 day', updated_at = updated_at - $2 * interval '1 day' WHERE id = $1`,
      past,
    )
    await client.query(
      `UPDATE messages SET created_at = created_at - $2 * interval '1 day' WHERE session_id = $1`,
      past,
    )
    await client.query(
      `UPDATE usage_events SET created_at = created_at - $2 * interval '1 day' WHERE session_id = $1`,
      past,
    )
  })
}
