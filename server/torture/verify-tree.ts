import type { PathMark } from './load.ts'

export interface TreeMessage {
  id: string
  session_id: string
  parent_id: string | null
  seq: number
  role: string
  content: string
  state: string
  forked: boolean
}

export interface TreeSession {
  id: string
  head_message_id: string | null
  branched: boolean
}

/** What is wrong with the trees of all sessions and the paths through them, as sentences. */
export function brokenTrees(
  sessions: TreeSession[],
  messages: ReadonlyMap<string, TreeMessage>,
  marks: ReadonlyMap<string, PathMark>,
): string[] {
  const bySession = Map.groupBy(messages.values(), (message) => message.session_id)
  return sessions.flatMap((session) => {
    const own = bySession.get(session.id) ?? []
    return [
      ...own.flatMap((message) => wrongParent(message, messages)),
      ...wrongForks(session, own),
      ...wrongPath(session, messages, marks.get(session.id)),
    ]
  })
}

/** A request, however often it is repeated with its key, leaves at most one answer that is whole or was cancelled. */
export function repeatedAnswers(
  messages: ReadonlyMap<string, TreeMessage>,
  requests: ReadonlyMap<string, number>,
): string[] {
  const settled = [...messages.values()].filter(({ role, state }) => {
    return role === 'assistant' && (state === 'complete' || state === 'cancelled')
  })
  const byQuestion = Map.groupBy(settled, ({ parent_id: id }) => messages.get(id ?? '')?.content ?? '')
  return [...byQuestion].flatMap(([question, answers]) => {
    const asked = requests.get(question) ?? 0
    return answers.length > asked ? [`“${question}” was asked ${asked} times and has ${answers.length} answers`] : []
  })
}

/** A message follows an earlier one of its session and of the other role; only a question may begin it. */
function wrongParent(message: TreeMessage, messages: ReadonlyMap<string, TreeMessage>): string[] {
  if (message.parent_id === null) {
    return message.role === 'user' ? [] : [`answer ${message.id} stands at the beginning of its session`]
  }
  const parent = messages.get(message.parent_id)
  const isRight = parent && parent.session_id === message.session_id && parent.seq < message.seq
  return isRight && parent.role !== message.role ? [] : [`message ${message.id} follows one that it cannot follow`]
}

/** Messages say that others stand beside them where that is so, and their session that it has branches. */
function wrongForks({ id, branched }: TreeSession, own: TreeMessage[]): string[] {
  const groups = [...Map.groupBy(own, ({ parent_id: parent }) => parent).values()]
  const wrong = groups.flatMap((siblings) => siblings.filter(({ forked }) => forked !== siblings.length > 1))
  const isBranched = groups.some((siblings) => siblings.length > 1)
  return [
    ...wrong.map((message) => `message ${message.id} is wrong about whether others stand beside it`),
    ...(branched === isBranched ? [] : [`session ${id} is wrong about whether it has branches`]),
  ]
}

/** The path goes from its end to the beginning, and through what was last acknowledged. */
function wrongPath(
  session: TreeSession,
  messages: ReadonlyMap<string, TreeMessage>,
  mark: PathMark | undefined,
): string[] {
  const path = new Set<string>()
  let next = session.head_message_id
  while (next !== null) {
    const message = messages.get(next)
    if (!message || path.has(next)) return [`the path of session ${session.id} is broken`]
    path.add(next)
    next = message.parent_id
  }
  if (mark === undefined || path.has(mark.messageId)) return []
  return [`the path of session ${session.id} does not go through ${mark.messageId}, as was acknowledged`]
}
