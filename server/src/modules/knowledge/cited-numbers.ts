/**
 * The numbers that an answer cites: `[1]`, `[1, 2]`, `[1][2]`. Not in code, not where the bracket belongs to a link, a
 * footnote of its own or a formula, and not while the bracket is still open.
 */
export function citedNumbers(content: string): Set<number> {
  const numbers = new Set<number>()
  // Nearly every message ends here.
  if (!/\[\s?\d/.test(content)) return numbers
  for (const [, list = ''] of withoutCode(content).matchAll(brackets))
    for (const [number] of list.matchAll(/\d+/g)) numbers.add(Number(number))
  return numbers
}

const brackets = /(?<!\\)\[\s?(\d{1,3}(?:\s?[,;]\s?\d{1,3}){0,20})\s?\](?!\()/g

/** Leaves out fenced blocks, also one that is still open, definitions of links, and code within lines. */
function withoutCode(content: string): string {
  let fence: string | null = null
  const prose: string[] = []
  for (const line of content.split('\n')) {
    const [, mark = '', rest = ''] = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line) ?? []
    if (fence !== null) {
      if (mark.startsWith(fence) && rest.trim() === '') fence = null
      continue
    }
    // Backticks behind the opening ones make it code within a line.
    if (mark !== '' && !(mark.startsWith('`') && rest.includes('`'))) fence = mark
    else if (!/^ {0,3}\[\d{1,3}\]:\s*\S/.test(line)) prose.push(line)
  }
  return withoutInlineCode(prose.join('\n'))
}

/** Code begins with some backticks and ends with the next run of as many in the same paragraph. */
function withoutInlineCode(text: string): string {
  const runs = [...text.matchAll(/`+|\n[ \t]*\n/g)]
  let prose = ''
  let from = 0
  for (let index = 0; index < runs.length; index++) {
    const opening = runs[index]
    if (!opening?.[0].startsWith('`')) continue
    const closing = closingOf(runs, index)
    if (closing === null) continue
    prose += `${text.slice(from, opening.index)} `
    from = (runs[closing]?.index ?? 0) + opening[0].length
    index = closing
  }
  return prose + text.slice(from)
}

function closingOf(runs: RegExpExecArray[], opening: number): number | null {
  const ticks = runs[opening]?.[0]
  for (let index = opening + 1; index < runs.length; index++) {
    const run = runs[index]?.[0] ?? ''
    if (run === ticks) return index
    if (!run.startsWith('`')) return null
  }
  return null
}
