/** In characters; the longest that common file systems have, and more than a list shows. */
const maxLength = 200

/**
 * A sender's name for a file, as it is shown to people: its last part, on one line, without control characters and
 * without marks that turn the direction of writing around, with which `gpj.exe` can look like `exe.jpg`. The ending stays
 * where the name is cut. It is never part of a path.
 */
export function cleanFileName(given: string): string {
  const last = given.toWellFormed().split(/[\\/]/).at(-1) ?? ''
  const name = last
    .normalize('NFC')
    .replace(directionMarks, '')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .replace(invisible, '')
    .trim()
  const short = shorten(name)
  return /^\.*$/.test(short) ? 'file' : short
}

// Unicode's bidirectional formatting characters: https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters
const directionMarks = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu
// Format characters, lone surrogates and private use, but for the joiners that Persian, Hindi and emoji are written with.
const invisible = /(?![\u200C\u200D])[\p{Cf}\p{Cs}\p{Co}\p{Cn}]/gu

function shorten(name: string): string {
  const characters = [...name]
  if (characters.length <= maxLength) return name
  const ending = /\.[^.\s]{1,16}$/u.exec(name)?.[0] ?? ''
  const kept = characters.slice(0, maxLength - [...ending].length).join('')
  return `${kept.trimEnd()}${ending}`
}
