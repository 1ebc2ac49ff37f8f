import type { ChatRun } from '@chatbot-platform/client'
import type { Message } from '@chatbot-platform/contract'
import { lazyPart, useLazyPart } from '../../lib/lazy-part.ts'
import { CitationMarks } from '../../markdown/citation-marks.ts'
import { Markdown } from '../../markdown/markdown.tsx'
import { AnswerEnd } from './answer-end.tsx'
import { AnswerTools } from './answer-tools.tsx'
import { useChatControl } from './chat-context.ts'
import { useCitationMarks } from './citation-chip.tsx'
import { RunState } from './run-state.tsx'
import { useBotName } from './use-bot.ts'
import { useLiveText } from './use-chat.ts'
import './growing.css'

const citationList = lazyPart(async () => (await import('./citation-list.tsx')).CitationList)

interface AnswerProps {
  message: Message
  /** Where it is under way. */
  run: ChatRun | null
  isNewest: boolean
}

/** What the bot wrote: plain page text, how it ended where that needs a word, and what can be done about it. */
export function Answer({ message, run, isNewest }: AnswerProps) {
  const { chat, projectId } = useChatControl()
  const name = useBotName()
  const text = useLiveText(chat, message.id)
  const isUnderWay = run !== null || message.state === 'pending' || message.state === 'streaming'
  const isGrowing = isUnderWay && (run === null || run.phase === 'streaming')
  // While it is written, its text decides which of the passages it was given it cites.
  const citations = run?.citations.length ? run.citations : message.citations
  const marks = useCitationMarks(citations, projectId)
  const CitationList = useLazyPart(citationList, !isUnderWay && message.citations !== undefined)
  return (
    <article className="group/message flex flex-col gap-2" aria-busy={isUnderWay || undefined}>
      <h2 className="sr-only" dir="auto">
        {name}
      </h2>
      {text !== '' && (
        <div className={isGrowing ? 'growing' : undefined}>
          <CitationMarks value={marks}>
            <Markdown text={text} isStreaming={isUnderWay} />
          </CitationMarks>
        </div>
      )}
      {isUnderWay ? (
        <RunState run={run} provider={message.provider} hasText={text !== ''} />
      ) : (
        <>
          {CitationList && message.citations && <CitationList citations={message.citations} projectId={projectId} />}
          <AnswerEnd message={message} />
          <AnswerTools message={message} isNewest={isNewest} />
        </>
      )}
    </article>
  )
}
