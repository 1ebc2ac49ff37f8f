import type { ChatRun } from '@chatbot-platform/client'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useRepair } from '../../markdown/use-repair.ts'
import { QuestionBubble, QuestionImages } from './question.tsx'
import { RunState } from './run-state.tsx'

/** A question on its way to the server, which has not acknowledged it yet. */
export function SendingTurn({ run }: { run: ChatRun }) {
  // So that it is there by the first word of the answer.
  useRepair(true)
  const { t } = useTranslation('chat')
  return (
    <div className="flex flex-col gap-1">
      <article className="flex flex-col items-end">
        <h2 className="sr-only">{t('you')}</h2>
        <QuestionImages images={run.attachments} />
        <QuestionBubble text={run.question ?? ''} />
        <div className="mt-1 min-h-8" />
      </article>
      <RunState run={run} provider={null} />
    </div>
  )
}
