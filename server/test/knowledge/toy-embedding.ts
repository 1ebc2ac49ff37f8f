import { wordsIn } from '../../src/modules/search/words.ts'

/**
 * A stand-in for a vendor's model, made of letters and a little knowledge: texts are near by that share words, beginnings
 * of words, or words of the same concept below, in whatever language. It is deterministic and knows far less than a model.
 */
export function toyVector(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions)
  const words = new Map<string, number>()
  for (const { key } of wordsIn(text)) words.set(key, (words.get(key) ?? 0) + 1)
  for (const [word, count] of words) {
    const weight = Math.sqrt(count) * (little.has(word) || word.length < 4 ? 0.1 : Math.min(1, word.length / 7))
    for (const [feature, share] of featuresOf(word)) add(vector, feature, weight * share)
  }
  const length = Math.hypot(...vector)
  return length > 0 ? vector.map((value) => value / length) : vector.fill(1 / Math.sqrt(dimensions))
}

function* featuresOf(word: string): Generator<[feature: string, share: number]> {
  yield [`word ${word}`, 1]
  if (word.length > 4) yield [`beginning ${word.slice(0, 5)}`, 0.8]
  const padded = `^${word}$`
  const grams = padded.length - 3
  for (let at = 0; at <= grams; at++) yield [`letters ${padded.slice(at, at + 4)}`, 0.6 / Math.sqrt(grams + 1)]
  for (const [index, concept] of concepts.entries()) {
    if (concept.some((stem) => word.startsWith(stem) || word.startsWith(`ال${stem}`))) yield [`concept ${index}`, 1.6]
  }
}

/** Each feature in eight places of its own, by a hash (FNV-1a, then xorshift). */
function add(vector: Float32Array, feature: string, weight: number): void {
  let state = 0x811c9dc5
  for (let index = 0; index < feature.length; index++) state = Math.imul(state ^ feature.charCodeAt(index), 0x01000193)
  for (let place = 0; place < 8; place++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    const at = (state >>> 1) % vector.length
    vector[at] = (vector[at] ?? 0) + (state & 1 ? weight : -weight)
  }
}

/** Words that mean little. */
const little = new Set(
  (
    'what when where which does have with from that this your there they will many much long into been also ' +
    'kann darf wird werden oder eine einen einer einem dass sich nach beim muss sind nicht mein meine viel wann ' +
    'para como cuanto cuantos cuanta cuando puede pueden donde esta este desde hasta sobre tiene tengo ' +
    'كيف متى هذا هذه التي الذي على الى يمكن ماذا'
  ).split(' '),
)

/** Beginnings of words that mean much the same. */
const concepts = [
  ['warrant', 'guarant', 'garanti', 'gewahrleist', 'ضمان'],
  ['holiday', 'vacation', 'leave', 'urlaub', 'vacacion', 'اجاز'],
  ['refund', 'money', 'erstatt', 'geld', 'reembols', 'مبلغ'],
  ['return', 'send', 'ruckgab', 'zuruck', 'devol', 'ارجاع'],
  ['exchang', 'swap', 'umtausch', 'cambio', 'استبدال'],
  ['price', 'cost', 'fee', 'charge', 'preis', 'kost', 'gebuhr', 'precio', 'cuesta', 'coste', 'سعر', 'رسوم', 'يكلف'],
  ['sick', 'ill', 'krank', 'arbeitsunfahig', 'enferm', 'baja', 'مرض'],
  ['doctor', 'attest', 'arzt', 'bescheinig', 'medic', 'طبي'],
  ['home', 'house', 'homeoffice', 'mobil', 'casa', 'teletrabaj', 'منزل', 'بيت'],
  ['quit', 'notice', 'kundig', 'dimision', 'استقال', 'اشعار'],
  ['descal', 'lime', 'kalk', 'cal'],
  ['clean', 'reinig', 'sauber', 'limpi', 'نظف', 'غسل', 'اغسل'],
  ['wedding', 'marri', 'hochzeit', 'heirat', 'boda', 'matrimonio'],
  ['bicycle', 'bike', 'fahrrad', 'rad', 'bicicleta', 'دراج'],
  ['tyre', 'tire', 'reifen'],
  ['flight', 'fly', 'flieg', 'flug', 'avion', 'طيران'],
  ['kilomet', 'mileage', 'كيلومتر'],
  ['hotel', 'ubernacht', 'alojamiento', 'فندق', 'فنادق'],
  ['late', 'delay', 'verspat', 'versaum', 'retras', 'تاخير'],
  ['flood', 'hochwasser', 'uberschwemm', 'inundacion'],
  ['lost', 'verlor', 'fehlt', 'perdid', 'فقد'],
  ['pause', 'suspend', 'freeze', 'pausing'],
  ['phish', 'attack', 'suspicious', 'attachment'],
  ['broken', 'damag', 'schaden', 'rotura', 'تالف'],
  ['open', 'offnung', 'horario', 'abre', 'يفتح', 'مواعيد'],
  ['dishwash', 'lavavajill', 'lavaplat', 'spulmaschin'],
  ['fridge', 'refrigerat', 'kuhlschrank', 'ثلاج'],
]
