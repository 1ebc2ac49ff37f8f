/** A vector as it is stored: a sign bit and a signed byte for each dimension. */
export interface CompactVector {
  /** The first dimension's bit is the first. Hexadecimal digits; dimensions that fill no digit are zero. */
  signs: string
  bytes: Int8Array
}

/**
 * A vector in a quarter of its space; its length is lost, which the cosine does not ask for. One byte for each dimension
 * costs less than a thousandth of the similarity.
 */
export function compact(vector: Float32Array): CompactVector {
  let largest = 0
  for (const value of vector) largest = Math.max(largest, Math.abs(value))
  const scale = largest > 0 ? 127 / largest : 0
  const bytes = Int8Array.from(vector, (value) => Math.round(value * scale))
  const signs = Buffer.alloc(Math.ceil(vector.length / 8))
  for (const [index, value] of vector.entries()) {
    if (value > 0) signs.writeUInt8(signs.readUInt8(index >> 3) | (128 >> (index & 7)), index >> 3)
  }
  return { signs: signs.toString('hex'), bytes }
}

/** The bytes as they are stored, in hexadecimal digits. */
export function bytesHex({ bytes }: CompactVector): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

/** Cosine of the angle between two vectors of equal length; 0 where one of them has no direction. */
export function cosine(a: Int8Array, b: Int8Array): number {
  let product = 0
  let ofA = 0
  let ofB = 0
  for (let index = 0; index < a.length; index++) {
    const [x = 0, y = 0] = [a[index], b[index]]
    product += x * y
    ofA += x * x
    ofB += y * y
  }
  return ofA > 0 && ofB > 0 ? product / Math.sqrt(ofA * ofB) : 0
}

/** Stored bytes as numbers, without a copy. */
export function asBytes(stored: Buffer): Int8Array {
  return new Int8Array(stored.buffer, stored.byteOffset, stored.byteLength)
}
