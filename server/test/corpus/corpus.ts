import { readdir, readFile } from 'node:fs/promises'

/** Languages of the corpus: its folders. */
export const corpusLanguages = ['en', 'de', 'es', 'ar'] as const
export type CorpusLanguage = (typeof corpusLanguages)[number]

export interface CorpusDocument {
  language: CorpusLanguage
  /** With its folder: `en/returns-policy.md`. */
  name: string
  content: string
}

export interface CorpusQuestion {
  language: CorpusLanguage
  question: string
  /** The document that answers it, and what stands in the passage that does. */
  file: string
  answer: string
}

/** Manuals, policies, price lists and minutes of companies that do not exist, and what people ask about them. */
export async function loadCorpus(): Promise<{ documents: CorpusDocument[]; questions: CorpusQuestion[] }> {
  const documents: CorpusDocument[] = []
  for (const language of corpusLanguages) {
    const folder = new URL(`${language}/`, import.meta.url)
    for (const name of (await readdir(folder)).sort()) {
      documents.push({ language, name: `${language}/${name}`, content: await readFile(new URL(name, folder), 'utf8') })
    }
  }
  const table = await readFile(new URL('questions.tsv', import.meta.url), 'utf8')
  const questions = table
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [file = '', question = '', answer = ''] = line.split('\t')
      return { language: file.slice(0, 2) as CorpusLanguage, question, file, answer }
    })
  return { documents, questions }
}
