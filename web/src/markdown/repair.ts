import remend from 'remend'

/** Paragraphs beyond this length are no prose; they are shown as they are until they are complete. */
const maxLength = 20_000

/** Code and formulas that are complete. */
const complete =
  /(`+)(?!`)[\s\S]{1,2000}?(?<!`)\1(?!`)|(?<!\\)(?:\\\([\s\S]{1,2000}?\\\)|\\\[[\s\S]{1,2000}?\\\]|\$\$[\s\S]{1,2000}?\$\$|\$[^\s$][^$\n]{0,500}?\$)/g

/** The beginning of a formula; a lone dollar only before what no price and no variable has. */
const opening = /(?<!\\)(?:\\\(|\\\[|\$\$|\$(?=\\[a-z]|\{|[a-z0-9]?[\^_]))/i

/**
 * Makes the end of a text that is still arriving fit to be shown: opened emphasis, code and links are closed, and marks
 * whose meaning the next characters decide are held back, so that nothing flips from one look to another.
 */
export function repairEnd(source: string): string {
  if (source.length > maxLength) return source
  const kept: string[] = []
  // What is complete takes no part: its stars and underscores are not emphasis. The marks are of Unicode's private use.
  const masked = holdBack(source).replace(complete, (found) => `\uE000${kept.push(found) - 1}\uE001`)
  const repaired = remend(openFormulaAsCode(masked), { katex: false, setextHeadings: false, htmlTags: false })
  return repaired.replace(/\uE000(\d+)\uE001/g, (mark, index) => kept[Number(index)] ?? mark)
}

function holdBack(source: string): string {
  const start = source.lastIndexOf('\n') + 1
  const line = source.slice(start)
  // Nothing but marks so far: a rule, an underline of a heading, an item, a quote, a fence.
  if (/^[ \t]*(?:[-=*_+>~`#]{1,6}|\d{1,9}[.)]?)[ \t]*$/.test(line)) return source.slice(0, start)
  if (line.startsWith('|')) return source.slice(0, tableStart(source, start))
  const box = /^([ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+)\[[ xX]?\]?[ \t]*$/.exec(line)
  if (box) return source.slice(0, start) + box[1]
  return source.replace(/!?\[(?:\^?[^\]\s[]{0,40}|\s?\d[\d,;\s]{0,80})$/, '')
}

/** The first line of a table, and the second until it is complete, would be a paragraph. */
function tableStart(source: string, start: number): number {
  const before = source.lastIndexOf('\n', start - 2) + 1
  return start > 0 && source.startsWith('|', before) ? before : start
}

/** A formula without its end is shown as the source it is. */
function openFormulaAsCode(text: string): string {
  const at = text.search(opening)
  if (at < 0 || text.slice(0, at).includes('`')) return text
  const source = text.slice(at).replaceAll('`', '').trimEnd()
  return `${text.slice(0, at)}\`${source}\``
}
