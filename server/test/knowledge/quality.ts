import type { FoundPassage } from '@chatbot-platform/contract'
import type { CorpusQuestion } from '../corpus/corpus.ts'

/** How well questions led to the passages that answer them. */
export interface Quality {
  questions: number
  /** Share of questions whose passage is among the first five. */
  recallAt5: number
  /** Mean of 1/rank over the first ten, 0 where it is not among them. */
  mrr: number
}

/** The rank of the passage that answers the question, from 1; undefined where it was not found. */
export function rankOf({ file, answer }: CorpusQuestion, passages: FoundPassage[]): number | undefined {
  const index = passages.findIndex(({ file_name, text }) => file_name === file && flat(text).includes(flat(answer)))
  return index < 0 ? undefined : index + 1
}

export function qualityOf(ranks: (number | undefined)[]): Quality {
  const within = (limit: number) => ranks.filter((rank) => rank !== undefined && rank <= limit)
  const reciprocals = within(10).reduce<number>((sum, rank) => sum + 1 / (rank ?? 1), 0)
  return { questions: ranks.length, recallAt5: within(5).length / ranks.length, mrr: reciprocals / ranks.length }
}

/** Readers lay text out anew. */
function flat(text: string): string {
  return text.replace(/\s+/g, ' ')
}
