/**
 * `Content-Disposition` of a download (RFC 6266): the name in full for today's browsers (`filename*`, RFC 8187), and
 * what of it is ASCII for others. `name` may be any text: what file systems forbid becomes `-`. `extension` may be empty.
 */
export function attachment(name: string, extension: string): string {
  const safe = extension === '' ? safeName(name) : `${safeName(name)}.${extension}`
  const ascii = safe.normalize('NFKD').replace(/[^\x20-\x7e]+/g, '_')
  return `attachment; filename="${ascii}"; filename*=UTF-8''${percentEncoded(safe)}`
}

const maxNameLength = 100
// Device names of Windows, which it keeps to itself whatever the extension.
const reserved = /^(con|prn|aux|nul|com\d|lpt\d)$/i

function safeName(name: string): string {
  const cleaned = name
    .toWellFormed()
    .replace(/[\p{C}\\/:*?"<>|%]+/gu, '-')
    .replace(/\s+/g, ' ')
  const short = [...cleaned]
    .slice(0, maxNameLength)
    .join('')
    .replace(/^[\s.-]+|[\s.-]+$/g, '')
  return short === '' || reserved.test(short) ? `file${short === '' ? '' : `-${short}`}` : short
}

/** RFC 8187 allows fewer characters unescaped than `encodeURIComponent` leaves. */
function percentEncoded(text: string): string {
  return encodeURIComponent(text).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
