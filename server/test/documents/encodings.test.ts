import { expect, test } from 'vitest'
import { decodeText } from '../../src/documents/reading/decode-text.ts'
import { encode } from './encode.ts'
import { createReading } from './reading.ts'

const { read } = createReading()
const germanTable =
  'Artikel;Preis;Verfügbarkeit\r\nSchraube;1,20 €;größere Stückzahl möglich\r\nÖl;3,40 €;über Nacht\r\n'

test('a table saved by Excel in Germany is read, and its encoding told as a guess', async () => {
  const document = await read(encode(germanTable, 'windows-1252'), 'preise.csv')
  const text = document.passages.map((passage) => passage.text).join('\n')
  expect(text).toContain('Preis: 1,20 €')
  expect(text).toContain('Verfügbarkeit: größere Stückzahl möglich')
  expect(document.encoding).toBe('windows-1252')
})

test.each([
  ['windows-1252', 'windows-1252', 'L’été, le café est ouvert jusqu’à 22 heures à la plage. Où êtes-vous ?'],
  ['iso-8859-1', 'windows-1252', '¿Cuándo llegará mi pedido? El envío tarda de tres a cinco días según la región.'],
  ['windows-1252', 'windows-1252', 'Müller;Straße 5;10,00 €'],
  ['windows-1250', 'windows-1250', 'Zażółć gęślą jaźń. Zamówienie zostanie wysłane w ciągu trzech dni roboczych.'],
  [
    'windows-1251',
    'windows-1251',
    'Заказ будет отправлен в течение трёх рабочих дней. Возврат возможен в течение месяца.',
  ],
  ['koi8-r', 'koi8-r', 'Заказ будет отправлен в течение трёх рабочих дней. Возврат возможен в течение месяца.'],
  ['windows-1256', 'windows-1256', 'سيتم إرسال الطلب في غضون ثلاثة أيام عمل. يمكن إرجاع المنتج خلال شهر واحد.'],
  ['windows-1253', 'iso-8859-7', 'Η παραγγελία θα σταλεί εντός τριών εργάσιμων ημερών. Επιστροφή εντός ενός μήνα.'],
  ['shift_jis', 'shift_jis', 'ご注文は三営業日以内に発送いたします。返品は一か月以内に可能です。'],
  ['euc-jp', 'euc-jp', 'ご注文は三営業日以内に発送いたします。返品は一か月以内に可能です。'],
  ['gbk', 'gb18030', '订单将在三个工作日内发货。一个月内可以退货。请联系客服。'],
  ['big5', 'big5', '訂單將在三個工作天內出貨。一個月內可以退貨。請聯絡客服。'],
  ['euc-kr', 'euc-kr', '주문은 영업일 기준 3일 이내에 발송됩니다. 한 달 이내에 반품할 수 있습니다.'],
])('text in %s is told to be %s', async (encoding, guessed, text) => {
  expect(await decodeText(encode(text, encoding))).toEqual({ text, guessed })
})

test('what says its encoding is no guess', async () => {
  const text = 'Grüße aus Köln'
  const utf16 = Buffer.from(`\ufeff${text}`, 'utf16le')
  for (const bytes of [Buffer.from(text), Buffer.from(`\ufeff${text}`), utf16, Buffer.from(utf16).swap16()])
    expect(await decodeText(bytes)).toEqual({ text, guessed: null })
  const page = (charset: string) => `<html><head>${charset}</head><body><p>Цена и имя</p></body></html>`
  for (const charset of ['<meta charset="koi8-r">', '<meta http-equiv="c" content="text/html; charset=koi8-r">']) {
    const document = await read(encode(page(charset), 'koi8-r'), 'a.html')
    expect([document.passages[0]?.text, document.encoding]).toEqual(['Цена и имя', null])
  }
})

test('UTF-16 without a byte order mark is recognised', async () => {
  const text = 'Name;Preis\r\nSchraube;1,20 €\r\n'
  const little = Buffer.from(text, 'utf16le')
  expect(await decodeText(little)).toEqual({ text, guessed: 'utf-16le' })
  expect(await decodeText(Buffer.from(little).swap16())).toEqual({ text, guessed: 'utf-16be' })
  expect((await read(little, 'preise.csv')).passages[0]?.text).toContain('Name: Schraube; Preis: 1,20 €')
})

test('UTF-8 that is broken in one place stays UTF-8', async () => {
  const bytes = Buffer.concat([Buffer.from('Größe, Öl, Übergröße, Maß, Äpfel, Körbe'), Buffer.from([0xc3, 0x28])])
  const { text, guessed } = await decodeText(bytes)
  expect([text, guessed]).toEqual(['Größe, Öl, Übergröße, Maß, Äpfel, Körbe\ufffd(', 'utf-8'])
})

test('a page that names an encoding it does not have is read as what it is', async () => {
  const page = (charset: string) => `<meta charset="${charset}"><p>Grüße aus Köln, wo die Straßen schön sind.</p>`
  for (const charset of ['utf-8', 'utf-16', 'no-such-thing']) {
    const document = await read(encode(page(charset), 'windows-1252'), 'a.html')
    expect(document.passages[0]?.text).toBe('Grüße aus Köln, wo die Straßen schön sind.')
    expect(document.encoding).toBe('windows-1252')
  }
})

test('one letter beyond ASCII deep in a large file is enough to tell', async () => {
  const rows = 'Zeile;Menge;Ort\r\n'.repeat(20_000)
  const bytes = Buffer.concat([Buffer.from(rows), encode(`Größe;3;München\r\nÖl;4;Köln\r\n`, 'windows-1252')])
  const { text, guessed } = await decodeText(bytes)
  expect([text.slice(rows.length), guessed]).toEqual(['Größe;3;München\r\nÖl;4;Köln\r\n', 'windows-1252'])
})
