import { useEffect, useMemo, useState } from 'react'
import { lazyPart, loadedOf } from '../lib/lazy-part.ts'
import { type CodeLine, plainLines } from './code-lines.ts'

/** Null where it cannot be loaded: code then stays plain. */
const highlighter = lazyPart(() => import('./highlight.ts').catch(() => null))
const loaded = () => loadedOf(highlighter.getState())

/** Larger blocks stay plain: colouring them would hold up the page. */
const maxCodeLength = 30_000

/** While a block grows it is coloured anew at most this often, and rarer where that takes long. */
const minPauseMs = 150
const pausePerCost = 10

interface Coloured {
  code: string
  lines: CodeLine[]
  /** When it was done, and how long it took, in milliseconds. */
  at: number
  costMs: number
}

/** The lines of a block of code, which `label` calls the language of: what has been coloured so far, and the rest plain until it is. */
export function useHighlightedLines(code: string, label: string, isGrowing: boolean): CodeLine[] {
  const wanted = label !== '' && code.length <= maxCodeLength ? label : undefined
  const [coloured, setColoured] = useState(() =>
    wanted && loaded()?.isPrepared(wanted) ? colour(code, wanted) : undefined,
  )
  useEffect(() => {
    if (!wanted || coloured?.code === code) return
    let isCurrent = true
    const pauseMs = isGrowing && coloured ? Math.max(minPauseMs, coloured.costMs * pausePerCost) : 0
    const sinceMs = coloured ? performance.now() - coloured.at : 0
    const timer = setTimeout(
      async () => {
        // Where the grammar cannot be loaded the code stays plain.
        const isLoaded = await prepare(wanted).catch(() => false)
        if (isLoaded && isCurrent) setColoured(colour(code, wanted))
      },
      Math.max(0, pauseMs - sinceMs),
    )
    return () => {
      isCurrent = false
      clearTimeout(timer)
    }
  }, [code, wanted, isGrowing, coloured])
  return useMemo(() => merge(plainLines(code), coloured?.lines ?? []), [code, coloured])
}

async function prepare(label: string): Promise<boolean> {
  await highlighter.load()
  return (await loaded()?.prepare(label)) ?? false
}

function colour(code: string, label: string): Coloured {
  const start = performance.now()
  const lines = loaded()?.highlight(code, label) ?? plainLines(code)
  const at = performance.now()
  return { code, lines, at, costMs: at - start }
}

/** Takes over the colours of each line, and of the beginning of a line that has grown since. */
function merge(lines: CodeLine[], coloured: CodeLine[]): CodeLine[] {
  return lines.map((line, index) => {
    const known = coloured[index]
    if (!known || !line.text.startsWith(known.text)) return line
    if (known.text === line.text) return known
    return { text: line.text, spans: [...known.spans, { text: line.text.slice(known.text.length), tone: undefined }] }
  })
}
