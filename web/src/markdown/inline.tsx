import type { PhrasingContent } from 'mdast'
import { createContext, type ReactNode, useContext } from 'react'
import { useTranslation } from '../i18n/use-translation.ts'
import { CitationMarks, citation, marksOf } from './citation-marks.ts'
import { Formula } from './formula.tsx'
import { inOrder } from './in-order.ts'
import { safeUrl } from './links.ts'

type Urls = ReadonlyMap<string, string>

/** Sets the footnotes of one text apart from those of others on the page. */
export const FootnoteScope = createContext('')

/** Texts, links, emphasis, inline code and formulas. `urls` leads links by reference to their addresses. */
export function renderInline(nodes: readonly PhrasingContent[], urls: Urls): ReactNode {
  return inOrder(nodes.map((node) => renderNode(node, urls)))
}

function renderNode(node: PhrasingContent, urls: Urls): ReactNode {
  switch (node.type) {
    case 'text':
      return citation.test(node.value) ? <CitingText text={node.value} /> : withBreaks(node.value)
    case 'strong':
      return <strong>{renderInline(node.children, urls)}</strong>
    case 'emphasis':
      return <em>{renderInline(node.children, urls)}</em>
    case 'delete':
      return <del>{renderInline(node.children, urls)}</del>
    case 'inlineCode':
      return <code dir="ltr">{node.value}</code>
    case 'break':
      return <br />
    case 'math':
      return <Formula tex={node.value} isDisplay={node.isDisplay} />
    case 'link':
      return <Link url={node.url}>{renderInline(node.children, urls)}</Link>
    case 'linkReference':
      return (
        <CitingLink label={node.referenceType === 'shortcut' ? node.identifier : ''}>
          <Link url={urls.get(node.identifier) ?? ''}>{renderInline(node.children, urls)}</Link>
        </CitingLink>
      )
    case 'image':
      return <ImageLink url={node.url} alt={node.alt ?? ''} />
    case 'imageReference':
      return <ImageLink url={urls.get(node.identifier) ?? ''} alt={node.alt ?? ''} />
    case 'footnoteReference':
      return <FootnoteMark label={node.label ?? node.identifier} />
    case 'html':
      return node.value
    default:
      return node satisfies never
  }
}

/** A text in which numbers in brackets may stand for sources. */
function CitingText({ text }: { text: string }) {
  const draw = useContext(CitationMarks)
  if (!draw) return withBreaks(text)
  return inOrder(text.split(citation).map((part, index) => (index % 2 === 0 ? withBreaks(part) : marksOf(part, draw))))
}

/** Some models define their numbers as links at the end of the text; a source goes before what they made of it. */
function CitingLink({ label, children }: { label: string; children: ReactNode }) {
  const draw = useContext(CitationMarks)
  return (draw && /^\d{1,3}$/.test(label) && draw(Number(label))) || children
}

/** Models write `<br>` where Markdown has no line break, in cells above all; it is the only tag that means anything here. */
function withBreaks(text: string): ReactNode {
  if (!text.includes('<')) return text
  const [first, ...more] = text.split(/<br[ \t]*\/?>/i)
  return inOrder([first, ...more.map(afterBreak)])
}

function afterBreak(text: string): ReactNode {
  return (
    <>
      <br />
      {text}
    </>
  )
}

/** A link that opens beside the page and tells the other side nothing; plain text where it may not lead there. */
function Link({ url, children }: { url: string; children: ReactNode }) {
  const href = safeUrl(url)
  if (!href) return children
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      <CitationMarks value={null}>{children}</CitationMarks>
    </a>
  )
}

/** Images are never loaded: an address can carry away what the conversation says. The reader may follow the link. */
function ImageLink({ url, alt }: { url: string; alt: string }) {
  const { t } = useTranslation('chat')
  return <Link url={url}>{alt ? t('markdown.imageOf', { alt }) : t('markdown.image')}</Link>
}

/** The place of a footnote in the text; it leads to the footnote without changing the page's address. */
function FootnoteMark({ label }: { label: string }) {
  const { t } = useTranslation('chat')
  const id = useFootnoteId(label)
  const show = () => {
    const footnote = document.getElementById(id)
    footnote?.scrollIntoView({ block: 'nearest' })
    footnote?.focus({ preventScroll: true })
  }
  return (
    <sup>
      <button type="button" className="footnote-mark" aria-label={t('markdown.footnote', { label })} onClick={show}>
        {label}
      </button>
    </sup>
  )
}

export function useFootnoteId(label: string): string {
  return `${useContext(FootnoteScope)}-${label.toLowerCase()}`
}
