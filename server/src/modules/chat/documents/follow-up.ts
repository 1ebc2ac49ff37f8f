/** Longer questions name what they are about, as a rule, even where a word of them points back. */
const longestWords = 30
const shortestWords = 3
/** Of scripts without spaces. */
const shortestCharacters = 9

/**
 * Whether a question can hardly be searched for without the conversation before it: it is very short, begins as if it went
 * on, or points back. A guess by words of eight languages; a wrong one costs a small call, or a weaker search.
 */
export function leansOnConversation(question: string): boolean {
  const text = question.normalize('NFKC').toLowerCase().trim()
  const words = text.match(/[\p{L}\p{M}\p{N}]+(?:['’][\p{L}]+)*/gu) ?? []
  if (words.length === 0) return true
  if (unspaced.test(text)) return text.length <= shortestCharacters || pointsBackUnspaced.test(text)
  if (words.length > longestWords) return false
  return words.length <= shortestWords || goesOn.test(text) || pointsBack(words)
}

const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u
const pointsBackUnspaced = /[它他她这那其]|それ|これ|その|この|あれ/u

const goesOn = new RegExp(
  `^(?:${[
    'and|or|but|so|then|also|what about|how about|why not|what if|what else|anything else|tell me more|more',
    'und|oder|aber|also|dann|auch|was ist mit|wie steht|wie sieht|und was|warum nicht|was noch|mehr',
    'y|e|o|pero|entonces|también|qué tal|que tal|por qué no|qué más|más|¿y|¿o|¿pero|¿entonces|¿también|¿qué tal|¿por qué no|¿qué más',
    'et|ou|mais|alors|aussi|qu’en est-il|pourquoi pas',
    'و|أو|لكن|ثم|أيضا|أيضًا|ماذا عن|وماذا|وهل|وكيف|وكم|ومتى|وأين|لماذا لا',
    'e|ma|allora|anche|mas|então|também|и|а|но|или',
  ].join('|')})(?![\\p{L}\\p{M}])`,
  'u',
)

const pointing = new Set(
  [
    'it its it’s that this these those they them their theirs there he she him her his hers one ones same such former latter',
    'dies diese dieser dieses diesem diesen jene jener jenes ihn ihm ihr ihre ihrer ihres ihnen dessen deren dazu davon dafür damit',
    'darin daran darauf darüber dabei dort hier solche derselbe dieselbe dasselbe denselben',
    'eso esto ese esa esos esas estos estas aquello aquel aquella ello ella ellas ellos él su sus allí ahí mismo misma',
    'cela ça ceci cet cette ces celui celle ceux celles il elle ils elles lui leur',
    'هذا هذه ذلك تلك هؤلاء أولئك ذاك هناك منه منها فيه فيها عنه عنها له لها به بها عليه عليها إليه إليها معه معها',
    'questo questa quello quella essi lui lei isso isto esse essa ele ela это этот эта эти он она оно они его её их там',
  ]
    .join(' ')
    .split(' '),
)

/** These are articles or verbs as a rule; at the end they stand for something. */
const pointingAtTheEnd = new Set('das es sie denen este esta lo la le en y هو هي'.split(' '))

function pointsBack(words: string[]): boolean {
  return words.some((word) => pointing.has(word)) || pointingAtTheEnd.has(words.at(-1) ?? '')
}
