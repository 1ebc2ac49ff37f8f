/**
 * PostgreSQL's stemming dictionaries by ISO 639-1 code
 * (https://www.postgresql.org/docs/current/textsearch-dictionaries.html#TEXTSEARCH-SNOWBALL-DICTIONARY). A server that
 * lacks one of them, as versions before 18 lack Estonian, leaves the words of that language as they are.
 */
const dictionaries: Record<string, string> = {
  ar: 'arabic_stem',
  ca: 'catalan_stem',
  da: 'danish_stem',
  de: 'german_stem',
  el: 'greek_stem',
  en: 'english_stem',
  es: 'spanish_stem',
  et: 'estonian_stem',
  eu: 'basque_stem',
  fi: 'finnish_stem',
  fr: 'french_stem',
  ga: 'irish_stem',
  hi: 'hindi_stem',
  hu: 'hungarian_stem',
  hy: 'armenian_stem',
  id: 'indonesian_stem',
  it: 'italian_stem',
  lt: 'lithuanian_stem',
  ne: 'nepali_stem',
  nl: 'dutch_stem',
  no: 'norwegian_stem',
  nb: 'norwegian_stem',
  nn: 'norwegian_stem',
  pt: 'portuguese_stem',
  ro: 'romanian_stem',
  ru: 'russian_stem',
  sr: 'serbian_stem',
  sv: 'swedish_stem',
  ta: 'tamil_stem',
  tr: 'turkish_stem',
  yi: 'yiddish_stem',
}

export const allDictionaries = [...new Set(Object.values(dictionaries))]

/** Those of these languages that have one, each once. */
export function dictionariesOf(languages: Iterable<string>): string[] {
  const found = Array.from(languages, (language) => dictionaries[language]).filter((name) => name !== undefined)
  return [...new Set(found)]
}

/** Words that say nothing of what a text is about, where PostgreSQL has no list of its own; folded. */
const stopWords: Record<string, string> = {
  arabic_stem:
    'من في على الى عن مع هل ما ماذا متى كيف كم اين اي من لماذا هو هي هم هذا هذه ذلك تلك التي الذي الذين ان او ثم بل قد لا لم لن ليس كان كانت يكون تكون كل بعد قبل عند حتى اذا انا انت نحن يا لي لك له لها بين غير فقط ايضا يمكن يجب هناك به بها فيه فيها منه منها عليه عليها',
}

const stopSets = new Map(Object.entries(stopWords).map(([name, words]) => [name, new Set(words.split(' '))]))

/** Whether a folded word is one of them. */
export function isStopWord(dictionary: string, key: string): boolean {
  return stopSets.get(dictionary)?.has(key) ?? false
}
