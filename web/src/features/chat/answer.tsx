import type { ChatRun } from '@chatbot-platform/client'
import type { Message } from '@chatbot-platform/contract'
import { Markdown } from '../../markdown/markdown.tsx'
import { AnswerEnd } from './answer-end.tsx'
import { AnswerTools } from './answer-tools.tsx'
import { useChatControl } from './chat-context.ts'
import { RunState } from './run-state.tsx'
import { useBotName } from './use-bot.ts'
import { useLiveText } from './use-chat.ts'
import './growing.css'

interface AnswerProps {
  message: Message
  /** Where it is under way. */
  run: ChatRun | null
  isNewest: boolean
}

/** What the bot wrote: plain page text, how it ended where that needs a word, and what can be done about it. */
export function Answer({ message, run, isNewest }: AnswerProps) {
  const { chat } = useChatControl()
  const name = useBotName()
  const text = useLiveText(chat, message.id)
  const isUnderWay = run !== null || message.state === 'pending' || message.state === 'streaming'
  const isGrowing = isUnderWay && (run === null || run.phase === 'streaming')
  return (
    <article className="group/message flex flex-col gap-2" aria-busy={isUnderWay || undefined}>
      <h2 className="sr-only" dir="auto">
        {name}
      </h2>
      {text !== '' && (
        <div className={isGrowing ? 'growing' : undefined}>
          <Markdown text={text} isStreaming={isUnderWay} />
        </div>
      )}
      {isUnderWay ? (
        <RunState run={run} provider={message.provider} hasText={text !== ''} />
      ) : (
        <>
          <AnswerEnd message={message} />
          <AnswerTools message={message} isNewest={isNewest} />
        </>
      )}
    </article>
  )
}
