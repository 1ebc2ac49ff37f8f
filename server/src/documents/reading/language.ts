import { francAll } from 'franc-min'

/** ISO 639-3 codes of the languages franc-min tells apart that have an ISO 639-1 code. */
const shortCodes: Record<string, string> = {
  amh: 'am',
  arb: 'ar',
  azj: 'az',
  bel: 'be',
  ben: 'bn',
  bos: 'bs',
  bul: 'bg',
  ces: 'cs',
  cmn: 'zh',
  deu: 'de',
  ell: 'el',
  eng: 'en',
  fra: 'fr',
  fuv: 'ff',
  guj: 'gu',
  hau: 'ha',
  hin: 'hi',
  hrv: 'hr',
  hun: 'hu',
  ibo: 'ig',
  ind: 'id',
  ita: 'it',
  jav: 'jv',
  jpn: 'ja',
  kan: 'kn',
  kaz: 'kk',
  kin: 'rw',
  kor: 'ko',
  mal: 'ml',
  mar: 'mr',
  mya: 'my',
  nld: 'nl',
  npi: 'ne',
  nya: 'ny',
  pan: 'pa',
  pbu: 'ps',
  plt: 'mg',
  pol: 'pl',
  por: 'pt',
  qug: 'qu',
  ron: 'ro',
  run: 'rn',
  rus: 'ru',
  sin: 'si',
  som: 'so',
  spa: 'es',
  srp: 'sr',
  sun: 'su',
  swe: 'sv',
  swh: 'sw',
  tam: 'ta',
  tel: 'te',
  tgl: 'tl',
  tha: 'th',
  tur: 'tr',
  ukr: 'uk',
  urd: 'ur',
  uzn: 'uz',
  vie: 'vi',
  yor: 'yo',
  zlm: 'ms',
  zul: 'zu',
  zyb: 'za',
}

const undetermined = 'und'

/** Letters below which a guess is as often wrong as right; many other scripts name their language by themselves. */
const minLatinLetters = 80
const minLetters = 10

/** A text's language (ISO 639-1), `und` where it cannot be told. A document's sample is taken from several places. */
export function documentLanguage(text: string): string {
  const part = sample(text)
  const letters = part.match(/\p{L}/gu)?.length ?? 0
  const latin = part.match(/\p{Script=Latin}/gu)?.length ?? 0
  if (letters < (latin > letters / 2 ? minLatinLetters : minLetters)) return undetermined
  return ranked(part)[0]?.language ?? undetermined
}

/** Length from which a passage's language is judged for itself; twice that is enough to tell a clear difference. */
const judged = 200

/** A passage's language: the document's, unless the passage is long and clearly something else. */
export function passageLanguage(text: string, document: string): string {
  if (text.length < judged) return document
  const found = ranked(text.slice(0, judged * 2))
  // Related languages score within a few hundredths of each other.
  const own = found.find(({ language }) => language === document)?.score ?? 0
  return own >= 0.85 ? document : (found[0]?.language ?? document)
}

/** Letters that tell neighbours apart which the detector's statistics confuse: who writes them is none of these. */
const foreignLetters: [letters: RegExp, languages: string[]][] = [
  [/[ыэё]/i, ['bg', 'uk', 'sr', 'bs']],
  [/[іїє]/i, ['ru', 'bg', 'sr', 'bs']],
]

/** The languages a text may be in, the likeliest first, with scores from 1 down. */
function ranked(text: string): { language: string; score: number }[] {
  const impossible = new Set(foreignLetters.flatMap(([letters, languages]) => (letters.test(text) ? languages : [])))
  return francAll(text, { minLength: minLetters })
    .map(([code, score]) => ({ language: shortCodes[code] ?? undetermined, score }))
    .filter(({ language }) => language !== undetermined && !impossible.has(language))
}

/** The detector looks at 2048 characters: four stretches of 500, so that a foreign preface does not decide alone. */
function sample(text: string): string {
  if (text.length <= 2000) return text
  return [0.05, 0.3, 0.55, 0.8].map((share) => text.slice(share * text.length, share * text.length + 500)).join(' ')
}
