import { useId, useState } from 'react'
import { BlockView } from './block-view.tsx'
import { FootnoteScope } from './inline.tsx'
import { createOutline } from './outline.ts'
import { useRepair } from './use-repair.ts'
import './markdown.css'

interface MarkdownProps {
  text: string
  /** Whether more of the text is to come: its end is then completed for the eye. */
  isStreaming?: boolean
}

/**
 * An answer: CommonMark with GitHub's additions, formulas and coloured code. HTML is shown as text, images as links.
 * While the text grows, only its last block is parsed again and what stands above it stays as it is.
 */
export function Markdown({ text, isStreaming = false }: MarkdownProps) {
  const [outline] = useState(createOutline)
  const { blocks, definitions, levels, isSettled } = outline(text)
  const isGrowing = isStreaming && !isSettled
  // An end that cannot be mended yet would change its look when it can; it is there a moment later.
  const shown = useRepair(isStreaming) || !isGrowing ? blocks : blocks.slice(0, -1)
  return (
    <FootnoteScope value={useId()}>
      <div className="markdown">
        {shown.map((block, index) => (
          <BlockView
            key={block.start}
            block={block}
            definitions={definitions}
            isOpen={isGrowing && index === blocks.length - 1}
            level={levels.get(block.start) ?? 3}
          />
        ))}
      </div>
    </FootnoteScope>
  )
}

/** What a person wrote: shown as it is, with its white space and line breaks; nothing in it becomes a link or a picture. */
export function PlainText({ text }: { text: string }) {
  return (
    <div dir="auto" className="text-body whitespace-pre-wrap">
      {text}
    </div>
  )
}
