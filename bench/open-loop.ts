import { setTimeout as sleep } from 'node:timers/promises'
import { Agent } from 'undici'
import { percentile } from './support.ts'

/** Whose turns are sent; a conversation has ten, then the next one begins. */
export interface Sender {
  url: string
  token: string
  projectId: string
  /** Conversations that wait for their next turn. */
  idle: { id: string; turns: number }[]
}

/** One request that was answered, or was not. Times are milliseconds; `atMs` of the same clock as `performance.now()`. */
export interface Shot {
  atMs: number
  tookMs: number
  /** 0: no answer at all. */
  status: number
  /** Seconds of `Retry-After`; `NaN` without one. */
  retryAfter: number
}

const turnsPerSession = 10
const question = 'What are your opening hours at the weekend, please?'

export function senderOf(url: string, { token, projectId }: { token: string; projectId: string }): Sender {
  return { url, token, projectId, idle: [] }
}

/**
 * Sends turns of these senders, in turn, `perSecond` in all for `seconds`, whether the ones before are answered or not, as
 * a crowd does that knows nothing of each other. Resolves when all are answered.
 */
export async function openLoop(options: {
  senders: Sender[]
  perSecond: number
  seconds: number
  agent: Agent
}): Promise<Shot[]> {
  const { senders, perSecond, seconds, agent } = options
  const shots: Promise<Shot>[] = []
  const beganMs = performance.now()
  const total = Math.round(perSecond * seconds)
  while (shots.length < total) {
    // What a timer that came late has missed is sent at once: the rate holds, whatever happens here.
    const due = Math.min(total, Math.floor(((performance.now() - beganMs) * perSecond) / 1000) + 1)
    while (shots.length < due) {
      const sender = senders[shots.length % senders.length]
      if (sender) shots.push(shoot(sender, agent))
    }
    await sleep(1)
  }
  return Promise.all(shots)
}

/** Connections as many as it takes. */
export function openAgent(): Agent {
  return new Agent({ connections: null, pipelining: 1, connect: { timeout: 30_000 } })
}

export async function shoot(sender: Sender, agent: Agent): Promise<Shot> {
  const session = sender.idle.pop()
  const body = { project_id: sender.projectId, message: question, ...(session ? { session_id: session.id } : {}) }
  const atMs = performance.now()
  const { status, retryAfter, text } = await send(agent, sender, JSON.stringify(body))
  const tookMs = performance.now() - atMs
  if (status === 200) keep(sender, session, text)
  else if (session) sender.idle.push(session)
  return { atMs, tookMs, status, retryAfter }
}

interface Answer {
  status: number
  retryAfter: number
  text: string
}

/** By undici's lowest call: what the load takes of the machine, the server does not get. */
function send(agent: Agent, { url, token }: Sender, body: string): Promise<Answer> {
  return new Promise((resolve) => {
    const answer: Answer = { status: 0, retryAfter: Number.NaN, text: '' }
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
    agent.dispatch(
      { origin: url, path: '/chat', method: 'POST', headers, body },
      {
        onRequestStart: () => undefined,
        onResponseStart: (_controller, status, headers) => {
          answer.status = status
          answer.retryAfter = Number(headers['retry-after'] ?? Number.NaN)
        },
        onResponseData: (_controller, bytes) => {
          if (answer.status === 200) answer.text += bytes.toString('latin1')
        },
        onResponseEnd: () => resolve(answer),
        onResponseError: () => resolve({ ...answer, status: 0 }),
      },
    )
  })
}

function keep(sender: Sender, session: Sender['idle'][number] | undefined, text: string): void {
  const turns = (session?.turns ?? 0) + 1
  if (turns === turnsPerSession) return
  sender.idle.push({ id: session?.id ?? JSON.parse(text).session_id, turns })
}

/** The share of the times of these shots, in milliseconds. */
export function timeOf(shots: Shot[], share: number): number {
  return percentile(
    shots.map(({ tookMs }) => tookMs).sort((a, b) => a - b),
    share,
  )
}

export function isAnswered({ status }: Shot): boolean {
  return status === 200
}
