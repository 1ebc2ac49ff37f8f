/** The line through a series of measurements (least squares). */
export interface Trend {
  mean: number
  /** What the line rises by from the first to the last. */
  rise: number
  /** The standard error of that. */
  error: number
}

/** `xs` and `ys` go together; at least three of them. */
export function trendOf(xs: number[], ys: number[]): Trend {
  const meanX = meanOf(xs)
  const mean = meanOf(ys)
  const spread = sumOf(xs.map((x) => (x - meanX) ** 2))
  const slope = sumOf(xs.map((x, index) => (x - meanX) * ((ys[index] ?? mean) - mean))) / spread
  const left = sumOf(xs.map((x, index) => ((ys[index] ?? mean) - mean - slope * (x - meanX)) ** 2))
  const length = (xs.at(-1) ?? 0) - (xs[0] ?? 0)
  return { mean, rise: slope * length, error: Math.sqrt(left / (xs.length - 2) / spread) * length }
}

/** It rises by less than a twentieth of the mean, by less than one of what is counted, or by no more than chance would have it. */
export function isFlat({ mean, rise, error }: Trend): boolean {
  return rise <= mean / 20 || rise < 1 || rise <= 2 * error
}

function meanOf(values: number[]): number {
  return sumOf(values) / values.length
}

function sumOf(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
