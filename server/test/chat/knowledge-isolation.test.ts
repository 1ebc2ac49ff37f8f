import { type ReceivedEvent, readEvents } from '@chatbot-platform/client'
import { type ChatTurn, contract, type Message, type Project } from '@chatbot-platform/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { addDocument } from '../support/documents.ts'
import { ask, messagesOf } from '../support/turns.ts'

/** Somebody with documents that are word for word those of the others, but for one word of their own. */
interface Owner {
  user: TestUser
  project: Project
  canary: string
  files: Set<string>
}

const topics =
  'archive boiler cellar depot engine foyer garage harbour island jetty kiosk lobby museum nursery office'.split(' ')
const questions = 200
const atOnce = 8

let app: TestApp
let owners: Owner[]

beforeAll(async () => {
  app = await startTestApp()
  const north = await app.user()
  const owned = [
    { user: north, canary: 'canary-amber' },
    { user: await app.user(), canary: 'canary-cobalt' },
    // Another project of the first tenant is another world as well.
    { user: north, canary: 'canary-umber' },
  ]
  owners = await Promise.all(owned.map(makeOwner))
}, 60_000)
afterAll(() => app.close())

async function makeOwner({ user, canary }: { user: TestUser; canary: string }): Promise<Owner> {
  const project = await createProject(user)
  const files = new Set<string>()
  for (const topic of topics) {
    const passages = [
      `The door of the ${topic} opens with the code ${canary}-${topic}.`,
      `The ${topic} is cleaned on Mondays.`,
    ]
    files.add(await addDocument(app, user, project, { name: `Handbook of the ${topic}.txt`, passages }))
  }
  return { user, project, canary, files }
}

test('two hundred questions of each tenant at the same time meet nothing of another', async () => {
  // What the model reads it says again, so that whatever crosses shows in answers and histories too.
  app.upstream.answers(({ body: { messages = [] } }) => {
    const read = messages.at(-1)?.content ?? ''
    const isRewriting = messages[0]?.content.startsWith('You prepare questions') ?? false
    return { text: isRewriting ? [/User: (.*)/.exec(read)?.[1] ?? ''] : [`${/\| (.*)/.exec(read)?.[1] ?? ''} [1]`] }
  })
  const answered = await Promise.all(owners.map(askAll))
  const foreign = (own: string) => owners.map(({ canary }) => canary).filter((canary) => canary !== own)
  for (const [index, { canary, files }] of owners.entries()) {
    const seen = answered[index] ?? []
    const text = JSON.stringify(seen)
    expect(foreign(canary).filter((other) => text.includes(other))).toEqual([])
    const cited = seen.flatMap(({ answer }) => answer.citations ?? [])
    expect(cited.filter(({ file_id: id }) => !files.has(id ?? ''))).toEqual([])
    expect(cited.length).toBeGreaterThanOrEqual(questions)
    const prompts = app.upstream.requests
      .map(({ body }) => JSON.stringify(body.messages))
      .filter((one) => one.includes(`asker of ${canary}`))
    expect(prompts.length).toBeGreaterThanOrEqual(questions)
    expect(prompts.filter((one) => foreign(canary).some((other) => one.includes(`${other}-`)))).toEqual([])
    expect(prompts.filter((one) => one.includes(`${canary}-`)).length).toBeGreaterThanOrEqual(questions * 0.95)
  }
}, 240_000)

interface Answered {
  events: ReceivedEvent[]
  answer: Message
  history: Message[]
}

/** Asks as JSON and as a stream, in new conversations and in ones that go on. */
async function askAll(owner: Owner): Promise<Answered[]> {
  const done: Answered[] = []
  let next = 0
  await Promise.all(Array.from({ length: atOnce }, worker))
  return done

  async function worker(): Promise<void> {
    let session: string | undefined
    for (let number = next++; number < questions; number = next++) {
      const topic = topics[number % topics.length]
      const leans = session !== undefined && number % 10 === 9
      const question = leans ? 'And how does it open?' : `With which code does the door of the ${topic} open?`
      const { turn, events } = await askOnce(
        owner,
        `${question} Number ${number}, asker of ${owner.canary}`,
        session,
        number,
      )
      session = number % 5 === 4 ? undefined : turn.session_id
      const history = number % 20 === 0 ? await messagesOf(owner.user, turn.session_id) : []
      done.push({ events, answer: turn.assistant_message, history })
    }
  }
}

async function askOnce({ user, project }: Owner, message: string, session: string | undefined, number: number) {
  if (number % 2 === 0) return { turn: await ask(user, project, message, session), events: [] }
  const body = { project_id: project.id, message, stream: true, ...(session ? { session_id: session } : {}) }
  const response = await user.client.send(contract.chat.send, { body })
  const events: ReceivedEvent[] = []
  for await (const event of readEvents(response.body ?? new ReadableStream())) events.push(event)
  return { turn: endOf(events), events }
}

function endOf(events: ReceivedEvent[]): ChatTurn {
  const [first, last] = [events[0], events.at(-1)]
  if (first?.event !== 'accepted' || last?.event !== 'done') throw new Error('the stream did not end well')
  return { ...first.data, assistant_message: last.data.assistant_message }
}
