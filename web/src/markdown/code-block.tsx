import { Check, Copy } from 'lucide-react'
import { createElement, memo, type ReactNode, useState } from 'react'
import { useTranslation } from '../i18n/use-translation.ts'
import type { CodeLine, CodeSpan } from './code-lines.ts'
import { copyText } from './copy-text.ts'
import { languageLabel, languageName } from './language-names.ts'
import { useHighlightedLines } from './use-highlighted-lines.ts'
import { watchOverflow } from './watch-overflow.ts'

interface CodeBlockProps {
  code: string
  /** What stands behind the opening fence. */
  info: string
  isGrowing?: boolean
}

/** A block of code with its language, a button that copies it, and colours once they are loaded. */
export const CodeBlock = memo(function CodeBlock({ code, info, isGrowing = false }: CodeBlockProps) {
  const { t } = useTranslation('chat')
  const label = languageLabel(info)
  const name = languageName(label)
  const lines = useHighlightedLines(code, label, isGrowing)
  return (
    <figure
      className="code-block"
      dir="ltr"
      aria-label={name ? t('markdown.codeIn', { language: name }) : t('markdown.code')}
    >
      <div className="code-head">
        <span className="truncate">{name || t('markdown.code')}</span>
        <CopyButton text={code} />
      </div>
      <pre ref={watchOverflow}>
        <code>
          {chunksOf(lines).map(({ start, lines }) => (
            <Chunk key={start} lines={lines} />
          ))}
        </code>
      </pre>
    </figure>
  )
})

function CopyButton({ text }: { text: string }) {
  const { t } = useTranslation('chat')
  const [isCopied, setCopied] = useState(false)
  const copy = async () => {
    setCopied(await copyText(text))
    setTimeout(() => setCopied(false), 2000)
  }
  const Icon = isCopied ? Check : Copy
  return (
    <button type="button" className="code-copy" onClick={copy}>
      <Icon size={16} strokeWidth={1.75} aria-hidden />
      <span aria-live="polite">{isCopied ? t('markdown.copied') : t('markdown.copy')}</span>
    </button>
  )
}

interface ChunkProps {
  lines: CodeLine[]
}

/** Lines are rendered in chunks, so that a growing block lays out and compares only its end. */
const chunkSize = 40

const Chunk = memo(
  function Chunk({ lines }: ChunkProps) {
    return createElement('span', { className: 'block' }, ...lines.flatMap(lineContent))
  },
  (before, now) =>
    before.lines.length === now.lines.length && before.lines.every((line, index) => isSame(line, now.lines[index])),
)

function lineContent({ spans }: CodeLine): ReactNode[] {
  return [...spans.map(spanContent), '\n']
}

function spanContent({ text, tone }: CodeSpan): ReactNode {
  return tone ? <span className={`tone-${tone}`}>{text}</span> : text
}

function isSame(before: CodeLine, now: CodeLine | undefined): boolean {
  if (before === now) return true
  if (before.text !== now?.text || before.spans.length !== now.spans.length) return false
  return before.spans.every(
    ({ text, tone }, index) => text === now.spans[index]?.text && tone === now.spans[index].tone,
  )
}

function chunksOf(lines: CodeLine[]): { start: number; lines: CodeLine[] }[] {
  const chunks = []
  for (let start = 0; start < lines.length; start += chunkSize) {
    chunks.push({ start, lines: lines.slice(start, start + chunkSize) })
  }
  return chunks
}
