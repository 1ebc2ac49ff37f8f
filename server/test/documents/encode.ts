/** Bytes of one or two for each character of an encoding, found out by decoding them all. */
function tableOf(encoding: string): Map<string, number[]> {
  const decoder = new TextDecoder(encoding)
  const table = new Map<string, number[]>()
  const note = (...bytes: number[]) => {
    const character = decoder.decode(new Uint8Array(bytes))
    if (character.length === 1 && character !== '\ufffd' && !table.has(character)) table.set(character, bytes)
  }
  for (let byte = 0; byte < 256; byte += 1) note(byte)
  for (let lead = 0x81; lead < 0xff; lead += 1) for (let trail = 0x40; trail < 0xff; trail += 1) note(lead, trail)
  return table
}

/** A text in an encoding of one or two bytes a character. Throws for a character that it does not have. */
export function encode(text: string, encoding: string): Buffer {
  const table = tableOf(encoding)
  const bytes = [...text].flatMap((character) => {
    const found = table.get(character)
    if (!found) throw new Error(`${encoding} has no ${character}`)
    return found
  })
  return Buffer.from(bytes)
}
