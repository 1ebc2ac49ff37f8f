import type { ReactNode } from 'react'

interface MarkedWordsProps {
  text: string
  /** Words as the search looked for them: folded, and some of them beginnings only. */
  words: readonly string[]
}

/** A text with the words marked that led to it. */
export function MarkedWords({ text, words }: MarkedWordsProps) {
  const wanted = words.map(folded).filter((word) => word !== '')
  const parts: ReactNode[] = []
  let end = 0
  for (const { 0: word, index } of text.matchAll(/[\p{L}\p{M}\p{N}]+/gu)) {
    const own = folded(word)
    if (!wanted.some((one) => own === one || (one.length > 2 && own.startsWith(one)))) continue
    parts.push(
      text.slice(end, index),
      <mark key={index} className="rounded-sm bg-warning-soft px-0.5 font-semibold text-text">
        {word}
      </mark>,
    )
    end = index + word.length
  }
  return (
    <>
      {parts}
      {text.slice(end)}
    </>
  )
}

/** Without case, accents and vowel points, as the search compares. */
function folded(word: string): string {
  return word.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replaceAll('ß', 'ss')
}
