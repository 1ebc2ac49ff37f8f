import { contract, type Message } from '@chatbot-platform/contract'
import { isAway } from './chat-problem.ts'
import type { ChatRun, ChatState } from './chat-state.ts'
import { backOff, type LineContext } from './event-line.ts'
import type { LiveText } from './live-text.ts'
import type { RunEvent } from './run-follower.ts'

interface Shown {
  state: ChatState
  live: LiveText
  now: () => number
}

/** Shows an event of the run under way. Returns false when text before it is missing. */
export function showProgress({ state, live, now }: Shown, messageId: string, event: RunEvent): boolean {
  const { run } = state.current
  if (run?.messageId !== messageId) return true
  if (event.event === 'status') {
    const { ahead, retry_at: retryAt } = event.data
    state.setRun({ ahead, retryAt, phase: unlessStopping(run, 'waiting') })
    return true
  }
  if (event.event === 'citations') {
    state.setRun({ citations: event.data.citations })
    return true
  }
  const received = live.receive(messageId, event.data.text, event.id)
  if (received === 'new' && run.firstTokenAt === null)
    state.setRun({ firstTokenAt: now(), ahead: null, retryAt: null, phase: unlessStopping(run, 'streaming') })
  return received !== 'gap'
}

/** Shows that the answer under way is on a line again. */
export function showAttached({ state, live }: Shown, messageId: string): void {
  const { run } = state.current
  if (run?.messageId !== messageId) return
  const phase = unlessStopping(run, live.lengthOf(messageId) > 0 ? 'streaming' : 'waiting')
  if (run.phase !== phase) state.setRun({ phase })
}

/** Stops an answer at the server, as soon as that can be reached. */
export async function cancelAnswer(line: LineContext, messageId: string): Promise<Message> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await line.client.call(contract.chat.cancel, { params: { message_id: messageId }, signal: line.signal })
    } catch (error) {
      if (line.signal.aborted || !isAway(error)) throw error
    }
    await backOff(attempt, line)
  }
}

function unlessStopping({ phase }: ChatRun, next: ChatRun['phase']): ChatRun['phase'] {
  return phase === 'stopping' ? phase : next
}
