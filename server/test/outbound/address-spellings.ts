import type { Random } from '../../torture/random.ts'

type Bytes = [number, number, number, number]

/** Ranges that are not public: first byte(s), and how many bits are fixed. */
const privateRanges: [Bytes, number][] = [
  [[0, 0, 0, 0], 8],
  [[10, 0, 0, 0], 8],
  [[100, 64, 0, 0], 10],
  [[127, 0, 0, 0], 8],
  [[169, 254, 0, 0], 16],
  [[172, 16, 0, 0], 12],
  [[192, 0, 0, 0], 24],
  [[192, 0, 2, 0], 24],
  [[192, 168, 0, 0], 16],
  [[198, 18, 0, 0], 15],
  [[198, 51, 100, 0], 24],
  [[203, 0, 113, 0], 24],
  [[224, 0, 0, 0], 4],
  [[240, 0, 0, 0], 4],
]

/** Any address of any of these ranges. */
export function privateAddress(random: Random): Bytes {
  const [prefix, bits] = random.oneOf(privateRanges) ?? [[127, 0, 0, 1], 32]
  return prefix.map((byte, index) => {
    const free = Math.min(8, Math.max(0, 8 * (index + 1) - bits))
    return byte | random.between(0, 2 ** free - 1)
  }) as Bytes
}

/** One of the ways in which such an address can be written into a URL, or hidden in an IPv6 address. */
export function spelling(random: Random, bytes: Bytes): string {
  const host = random.oneOf([numbers, numbers, hidden])?.(random, bytes) ?? ''
  if (host.startsWith('[')) return host
  return random.oneOf([same, same, percentEncoded, wide, upperCase, dotted])?.(random, host) ?? host
}

/** `a`, `a.b`, `a.b.c` or `a.b.c.d`: the last number takes the bytes that are left, and each has a base of its own. */
function numbers(random: Random, bytes: Bytes): string {
  const parts = random.between(1, 4)
  const last = bytes.slice(parts - 1).reduce((sum, byte) => sum * 256 + byte, 0)
  return [...bytes.slice(0, parts - 1), last].map((value) => inSomeBase(random, value)).join('.')
}

function inSomeBase(random: Random, value: number): string {
  const zeros = '0'.repeat(random.between(0, 3))
  return random.oneOf([`${value}`, `0${zeros}${value.toString(8)}`, `0x${zeros}${value.toString(16)}`]) ?? ''
}

function hidden(random: Random, [a, b, c, d]: Bytes): string {
  const high = ((a << 8) | b).toString(16)
  const low = ((c << 8) | d).toString(16)
  const anywhere = random.between(1, 0xffff).toString(16)
  const forms = [
    `::ffff:${a}.${b}.${c}.${d}`,
    `::ffff:${high}:${low}`,
    `0:0:0:0:0:FFFF:${high}:${low}`,
    `0000:0000:0000:0000:0000:ffff:${a}.${b}.${c}.${d}`,
    `::${a}.${b}.${c}.${d}`,
    `::ffff:0:${a}.${b}.${c}.${d}`,
    `64:ff9b::${high}:${low}`,
    `64:ff9b:1:${anywhere}::${high}:${low}`,
    `2002:${high}:${low}::${anywhere}`,
    `2001:0:${high}:${low}:${anywhere}::1`,
    `2606:4700::${anywhere}:0:5efe:${high}:${low}`,
    `2606:4700::${anywhere}:200:5efe:${high}:${low}`,
    `fc${anywhere.slice(-2).padStart(2, '0')}::${high}:${low}`,
    `fe80::${high}:${low}`,
    `fec0::${high}:${low}`,
    `ff02::${high}:${low}`,
    `2001:db8::${high}:${low}`,
    '::1',
    '::',
    'fd00:ec2::254',
  ]
  return `[${random.oneOf(forms)}]`
}

const same = (_random: Random, host: string) => host
const upperCase = (_random: Random, host: string) => host.toUpperCase()
const dotted = (random: Random, host: string) => host + random.oneOf(['.', '。', '%2e', '．'])

function percentEncoded(random: Random, host: string): string {
  return host.replace(/./g, (character) =>
    random.next() < 0.5 ? character : `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}

/** Digits and letters that IDNA maps to plain ones. */
function wide(random: Random, host: string): string {
  return host.replace(/[0-9a-z.]/g, (character) => {
    if (random.next() < 0.5) return character
    if (character === '.') return random.oneOf(['。', '．', '｡']) ?? '.'
    return String.fromCharCode(character.charCodeAt(0) + 0xfee0)
  })
}
