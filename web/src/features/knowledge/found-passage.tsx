import type { FoundPassage } from '@chatbot-platform/contract'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useFormat } from '../../lib/format.ts'
import { Link } from '../../lib/router/link.tsx'
import { MarkedWords } from './marked-words.tsx'
import { usePlaceWords } from './place-words.ts'

interface FoundPassageProps {
  projectId: string
  passage: FoundPassage
  /** The score of the best passage; scores have no other measure. */
  best: number
}

/** A passage that a question finds: where it stands, what it says, and why it was found. */
export function FoundPassageItem({ projectId, passage, best }: FoundPassageProps) {
  const { language } = useTranslation('knowledge')
  const placeWords = usePlaceWords()
  const whyWords = useWhyWords()
  const { file_id: fileId, file_name: name, ordinal, text, score, why } = passage
  const share = new Intl.NumberFormat(language, { style: 'percent' }).format(best > 0 ? score / best : 0)
  return (
    <li className="flex flex-col gap-1.5 rounded-md border border-line px-4 py-3">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <h2 className="min-w-0 font-medium">
          <Link
            to={`/app/bots/${projectId}/knowledge/${fileId}?passage=${ordinal}`}
            className="rounded-sm text-accent hover:underline"
          >
            <bdi>{name}</bdi>
          </Link>
        </h2>
        <span className="text-muted text-sm tabular-nums">{share}</span>
      </div>
      <p dir="auto" className="text-muted text-sm empty:hidden">
        {placeWords(passage)}
      </p>
      <p dir="auto" className="line-clamp-6 whitespace-pre-wrap text-body">
        <MarkedWords text={text} words={why.matched} />
      </p>
      <p className="text-muted text-sm">{whyWords(why)}</p>
    </li>
  )
}

function useWhyWords(): (why: FoundPassage['why']) => string {
  const { t } = useTranslation('knowledge')
  const format = useFormat()
  return ({ words_rank: byWords, meaning_rank: byMeaning, similarity }) => {
    const rank = (value: number) => format.number(value)
    return [
      byWords === null ? t('bench.noWords') : t('bench.byWords', { rank: rank(byWords) }),
      byMeaning === null ? null : t('bench.byMeaning', { rank: rank(byMeaning) }),
      similarity === null ? null : t('bench.similarity', { value: format.number(Math.round(similarity * 100) / 100) }),
    ]
      .filter((part) => part !== null)
      .join(' · ')
  }
}
