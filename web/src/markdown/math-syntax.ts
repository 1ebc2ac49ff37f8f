import type { Literal } from 'mdast'
import type { Extension as TreeExtension } from 'mdast-util-from-markdown'
import type { Code, Effects, Extension, ParseContext, State, TokenizeContext } from 'micromark-util-types'

/** A formula within a text; `isDisplay` for those that stand on a line of their own. `value` is the TeX source. */
export interface MathNode extends Literal {
  type: 'math'
  isDisplay: boolean
}

declare module 'mdast' {
  interface PhrasingContentMap {
    math: MathNode
  }
  interface RootContentMap {
    math: MathNode
  }
}

declare module 'micromark-util-types' {
  interface TokenTypeMap {
    mathText: 'mathText'
    mathTextData: 'mathTextData'
  }
}

/**
 * How far a text has been searched in vain for the end of a formula, by its opening delimiter. What opens before that
 * place is no formula, so that a text full of lone delimiters is not searched again for each.
 */
const searched = new WeakMap<ParseContext, Map<string, number>>()

const dollar = 36
const backslash = 92

/** Longer ones are no formulas. */
const maxDollarLength = 1000
const maxFormulaLength = 5000

/** `$…$`, `$$…$$`, `\(…\)` and `\[…\]` within a text. Prices such as $5 and $10 stay text. */
export const mathSyntax: Extension = {
  text: {
    [dollar]: { name: 'mathText', tokenize: tokenizeMath },
    [backslash]: { name: 'mathText', tokenize: tokenizeMath },
  },
}

/** Makes nodes of type `math` of what `mathSyntax` finds. */
export const mathTree: TreeExtension = {
  enter: {
    mathText(token) {
      this.enter({ type: 'math', value: '', isDisplay: false }, token)
      this.buffer()
    },
    mathTextData(token) {
      this.config.enter.data?.call(this, token)
      this.config.exit.data?.call(this, token)
    },
  },
  exit: {
    mathText(token) {
      const raw = this.resume()
      const node = this.stack.at(-1)
      if (node?.type === 'math') Object.assign(node, partsOf(raw))
      this.exit(token)
    },
  },
}

/** The TeX source without its delimiters. */
function partsOf(raw: string): Pick<MathNode, 'value' | 'isDisplay'> {
  const isDisplay = raw.startsWith('$$') || raw.startsWith('\\[')
  const size = isDisplay || raw.startsWith('\\(') ? 2 : 1
  return { value: raw.slice(size, -size).trim(), isDisplay }
}

function tokenizeMath(this: TokenizeContext, effects: Effects, ok: State, nok: State): State {
  const before = this.previous
  const from = this.now().offset
  const inVain = searched.get(this.parser) ?? new Map<string, number>()
  searched.set(this.parser, inVain)
  const place = () => this.now().offset
  let raw = ''
  // Whether an odd number of backslashes stands at the end of `raw`: then what follows is escaped.
  let isEscaping = false
  let isInData = false
  return start

  function start(code: Code): State | undefined {
    if (code === dollar && (before === dollar || isWord(before))) return nok(code)
    effects.enter('mathText')
    return inside(code)
  }

  function inside(code: Code): State | undefined {
    const isInVain = raw.length === 2 && !isSingle(raw) && from < (inVain.get(raw) ?? 0)
    const state = isInVain ? 'none' : stateOf(raw, isEscaping, code)
    if (state === 'open' && code !== null) return consume(code)
    leaveData()
    if (state !== 'closed') return giveUp(code)
    effects.exit('mathText')
    return ok(code)
  }

  function giveUp(code: Code): State | undefined {
    const open = raw.slice(0, 2)
    if (raw.length > 1 && !isSingle(raw)) inVain.set(open, Math.max(place(), inVain.get(open) ?? 0))
    return nok(code)
  }

  function consume(code: number): State {
    const isLineEnd = code < -2
    if (isLineEnd) leaveData()
    else if (!isInData) effects.enter('mathTextData')
    if (isLineEnd) effects.enter('lineEnding')
    isInData = !isLineEnd
    effects.consume(code)
    if (isLineEnd) effects.exit('lineEnding')
    raw += code < 0 ? ' ' : String.fromCodePoint(code)
    isEscaping = code === backslash && !isEscaping
    return inside
  }

  function leaveData(): void {
    if (isInData) effects.exit('mathTextData')
    isInData = false
  }
}

const isSingle = (raw: string) => /^\$[^$]/.test(raw)

/** What `raw`, the text from the opening delimiter on, is when `next` follows it. */
function stateOf(raw: string, isEscaping: boolean, next: Code): 'open' | 'closed' | 'none' {
  if (raw.length < 2) return raw === '\\' && next !== 40 && next !== 91 ? 'none' : 'open'
  if (raw.length > maxFormulaLength) return 'none'
  const isDouble = raw.startsWith('$$')
  if (raw.startsWith('\\')) {
    const closing = raw.startsWith('\\(') ? '\\)' : '\\]'
    return isClosedBy(raw, closing) ? 'closed' : 'open'
  }
  if (isDouble) {
    if (raw.length === 2) return next === dollar ? 'none' : 'open'
    return raw.length > 4 && isClosedBy(raw, '$$') && !isEscaping ? 'closed' : 'open'
  }
  if (raw.length > maxDollarLength || /^\$\s/.test(raw)) return 'none'
  if (!isClosedBy(raw, '$')) return 'open'
  return isWord(next) || next === dollar || !isFormula(raw.slice(1, -1)) ? 'none' : 'closed'
}

/** Whether `raw` ends with `closing`, and that is not itself escaped. */
function isClosedBy(raw: string, closing: string): boolean {
  if (raw.length <= 2 * closing.length - 1 || !raw.endsWith(closing)) return false
  let backslashes = 0
  for (let at = raw.length - closing.length - 1; raw[at] === '\\'; at -= 1) backslashes += 1
  return backslashes % 2 === 0
}

/** No formula ends with a space, and one that begins with a number and has words but no signs is about money. */
function isFormula(content: string): boolean {
  if (/\s$/.test(content)) return false
  return !/^\d/.test(content) || !content.includes(' ') || /[\\^_=+{}<>*/]/.test(content)
}

function isWord(code: Code): boolean {
  return code !== null && code >= 0 && /[\p{L}\p{N}]/u.test(String.fromCodePoint(code))
}
