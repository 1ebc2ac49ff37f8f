import type { Emitter, HLJSApi, LanguageFn } from 'highlight.js'
import { type CodeLine, type CodeSpan, plainLines, type Tone } from './code-lines.ts'
import { type Language, languageLoaders, languageOf } from './languages.ts'

const tones = new Map<string, Tone>(
  Object.entries({
    keyword: 'keyword',
    'selector-tag': 'keyword',
    name: 'keyword',
    doctag: 'keyword',
    operator: 'keyword',
    literal: 'value',
    number: 'value',
    symbol: 'value',
    bullet: 'value',
    string: 'string',
    regexp: 'string',
    link: 'string',
    char: 'string',
    addition: 'string',
    comment: 'comment',
    quote: 'comment',
    title: 'title',
    section: 'title',
    'selector-id': 'title',
    'selector-class': 'title',
    type: 'type',
    built_in: 'type',
    class: 'type',
    attr: 'name',
    attribute: 'name',
    variable: 'name',
    'template-variable': 'name',
    property: 'name',
    'selector-attr': 'name',
    'selector-pseudo': 'name',
    meta: 'meta',
    deletion: 'removed',
  } satisfies Record<string, Tone>),
)

let highlighter: HLJSApi | undefined
const loading = new Map<Language, Promise<void>>()

/** Whether `highlight` can be called for what a block's author calls its language, now. */
export function isPrepared(label: string): boolean {
  const language = languageOf(label)
  return language !== undefined && highlighter?.getLanguage(language) !== undefined
}

/**
 * Loads the highlighter and the language's grammar, each once; false where there is no grammar. Rejects when they cannot
 * be loaded; it may be tried again.
 */
export async function prepare(label: string): Promise<boolean> {
  const language = languageOf(label)
  if (!language) return false
  const started = loading.get(language) ?? load(language)
  loading.set(language, started)
  try {
    await started
    return true
  } catch (error) {
    loading.delete(language)
    throw error
  }
}

async function load(language: Language): Promise<void> {
  const grammars: Promise<{ default: LanguageFn }> = languageLoaders[language]()
  const [{ default: core }, { default: grammar }] = await Promise.all([import('highlight.js/lib/core'), grammars])
  if (!highlighter) {
    highlighter = core.newInstance()
    highlighter.configure({ __emitter: SpanEmitter })
  }
  highlighter.registerLanguage(language, grammar)
}

/** The lines of `code` with the tones of their parts. The language must be prepared. */
export function highlight(code: string, label: string): CodeLine[] {
  const language = languageOf(label)
  const result = language && highlighter?.highlight(code, { language, ignoreIllegals: true })
  const emitter: unknown = result?._emitter
  return emitter instanceof SpanEmitter ? linesOf(emitter.spans) : plainLines(code)
}

function linesOf(spans: CodeSpan[]): CodeLine[] {
  let line: CodeLine = { text: '', spans: [] }
  const lines = [line]
  for (const { text, tone } of spans) {
    for (const [index, piece] of text.split('\n').entries()) {
      if (index > 0) {
        line = { text: '', spans: [] }
        lines.push(line)
      }
      if (piece === '') continue
      line.text += piece
      line.spans.push({ text: piece, tone })
    }
  }
  return lines
}

/** Gathers what the highlighter finds as a flat list of texts instead of as HTML. */
class SpanEmitter implements Emitter {
  readonly spans: CodeSpan[] = []
  readonly #open: (Tone | undefined)[] = []

  addText(text: string): void {
    if (text !== '') this.spans.push({ text, tone: this.#open.at(-1) })
  }

  /** Names come as `title.function`; what is interpolated into a string looks like code again. */
  startScope(name: string): void {
    const tone = tones.get(name.split('.')[0] ?? '')
    this.#open.push(tone ?? (name === 'subst' ? undefined : this.#open.at(-1)))
  }

  endScope(): void {
    this.#open.pop()
  }

  openNode(name: string): void {
    this.startScope(name)
  }

  closeNode(): void {
    this.endScope()
  }

  __addSublanguage(emitter: Emitter): void {
    if (emitter instanceof SpanEmitter) this.spans.push(...emitter.spans)
  }

  finalize(): void {}

  toHTML(): string {
    return ''
  }
}
