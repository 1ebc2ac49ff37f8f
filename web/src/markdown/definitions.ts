import type { Block } from './blocks.ts'

/** What links and footnotes of a text refer to: Markdown that defines a label, by the label. */
export type Definitions = ReadonlyMap<string, string>

const definition = /^ {0,3}\[((?:[^\]\\]|\\.){1,999})\]:[ \t]*\S/gm

/**
 * The definitions that stand at the top level of a text. Blocks are parsed one by one, so each needs those it uses; a
 * footnote is only known by its label there, since its text is shown where it stands.
 */
export function definitionsIn(blocks: readonly Block[]): Definitions {
  const found = new Map<string, string>()
  for (const { kind, text } of blocks) {
    if (kind !== 'markdown' || !/^ {0,3}\[/.test(text)) continue
    for (const [, label = ''] of text.matchAll(definition)) {
      const name = normalise(label)
      if (!found.has(name)) found.set(name, label.startsWith('^') ? `[${label}]: .` : text)
    }
  }
  return found
}

/** The definitions that `text` may refer to, as Markdown to parse with it. */
export function definitionsFor(text: string, definitions: Definitions): string {
  if (definitions.size === 0 || !text.includes('[')) return ''
  const used = new Set<string>()
  for (const [, label = ''] of text.matchAll(/\[((?:[^[\]\\]|\\.){1,999})\]/g)) {
    const source = definitions.get(normalise(label))
    if (source !== undefined && source !== text) used.add(source)
  }
  return [...used].join('\n\n')
}

function normalise(label: string): string {
  return label.trim().replace(/\s+/g, ' ').toLowerCase()
}
