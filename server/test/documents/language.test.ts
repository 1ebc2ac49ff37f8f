import { expect, test } from 'vitest'
import { documentLanguage, passageLanguage } from '../../src/documents/reading/language.ts'

const texts = {
  en: 'The invoice is due within thirty days after you have received the goods. If you pay earlier, you may take two per cent off the price. Questions about a delivery are answered by our office on weekdays from nine to five.',
  de: 'Die Rechnung ist innerhalb von dreißig Tagen nach Erhalt der Ware fällig. Wenn Sie früher zahlen, dürfen Sie zwei Prozent vom Preis abziehen. Fragen zu einer Lieferung beantwortet unser Büro werktags von neun bis siebzehn Uhr.',
  es: 'La factura vence a los treinta días de haber recibido la mercancía. Si paga antes, puede descontar el dos por ciento del precio. Las preguntas sobre una entrega las responde nuestra oficina los días laborables de nueve a cinco.',
  fr: 'La facture est payable dans les trente jours qui suivent la réception des marchandises. Si vous payez plus tôt, vous pouvez déduire deux pour cent du prix. Notre bureau répond aux questions sur une livraison en semaine.',
  ru: 'Счёт подлежит оплате в течение тридцати дней после получения товара. Если вы заплатите раньше, вы можете вычесть два процента.',
  ar: 'تستحق الفاتورة خلال ثلاثين يوما من استلام البضاعة. إذا دفعت قبل ذلك يمكنك خصم اثنين في المئة من السعر.',
  ja: '請求書は商品を受け取ってから三十日以内にお支払いください。',
  el: 'Το τιμολόγιο πρέπει να πληρωθεί εντός τριάντα ημερών από την παραλαβή.',
}

test.each(Object.entries(texts))('%s is told', (language, text) => {
  expect(documentLanguage(text)).toBe(language)
})

test('what is too short or no language is undetermined', () => {
  expect(documentLanguage('Tea: 3')).toBe('und')
  expect(documentLanguage('1 2 3 4 5 6 7 8 9 '.repeat(100))).toBe('und')
})

test('a long passage has its own language where it clearly differs', () => {
  expect(passageLanguage(texts.de, 'en')).toBe('de')
  expect(passageLanguage(texts.en, 'en')).toBe('en')
  expect(passageLanguage('Kurz.', 'en')).toBe('en')
})
