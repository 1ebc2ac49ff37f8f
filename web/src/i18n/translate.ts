import type { translations } from './en/index.ts'

/** The texts of English by namespace; those of the other languages have the same keys. */
type Texts = typeof translations

export type Namespace = keyof Texts & string

/** What stands in place of `{{name}}` in a text. `count` also chooses its plural form. */
export type Values = Readonly<Record<string, string | number>>

/** `count` for the forms `count_one`, `count_other`, … of a text that has plurals. */
type WithoutForm<Key extends string> = Key extends `${infer Base}_${Intl.LDMLPluralRule}` ? Base : Key

/** `a.b` for `{ a: { b: 'text' } }`. */
type KeysOf<Tree> = {
  [Key in keyof Tree & string]: Tree[Key] extends string ? WithoutForm<Key> : `${Key}.${KeysOf<Tree[Key]>}`
}[keyof Tree & string]

type KeyOf<Name extends Namespace> = KeysOf<Texts[Name]>

/** Gives a text of a namespace, or as `common:key` one of those that every page has. */
export type Translate<Name extends Namespace> = (
  key: KeyOf<Name> | `common:${KeyOf<'common'>}`,
  values?: Values,
) => string

/** A tree of texts, as its file has it. */
export interface TextTree {
  readonly [key: string]: string | TextTree
}

export interface Translation {
  /** A BCP 47 tag. */
  language: string
  /** The same function each time it is asked for. */
  in: <Name extends Namespace>(namespace: Name) => Translate<Name>
}

/** Texts of one language by namespace, to be asked for by key. A key without a text is its own text. */
export function createTranslation(language: string, namespaces: Readonly<Record<string, TextTree>>): Translation {
  const texts = new Map(Object.entries(namespaces).flatMap(([name, tree]) => entriesOf(tree, `${name}:`)))
  const rules = new Intl.PluralRules(language)
  const translates = new Map<Namespace, (key: string, values?: Values) => string>()

  function textOf(key: string, count: string | number | undefined): string | undefined {
    const plural = typeof count === 'number' ? texts.get(`${key}_${rules.select(count)}`) : undefined
    return plural ?? texts.get(key) ?? texts.get(`${key}_other`)
  }

  return {
    language,
    in(namespace) {
      const known = translates.get(namespace)
      if (known) return known
      const translate = (key: string, values: Values = {}) => {
        const text = textOf(key.includes(':') ? key : `${namespace}:${key}`, values.count)
        return text === undefined ? key : filledIn(text, values)
      }
      translates.set(namespace, translate)
      return translate
    },
  }
}

function entriesOf(tree: TextTree, path: string): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]): [string, string][] =>
    typeof value === 'string' ? [[path + key, value]] : entriesOf(value, `${path}${key}.`),
  )
}

/** A value that is missing leaves nothing behind: a reader could do nothing with its name. */
function filledIn(text: string, values: Values): string {
  return text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => String(values[name] ?? ''))
}
