/** The value of one series in the text format; `undefined` where there is no such series. */
export function sampleOf(text: string, name: string, labels: Record<string, string>): number | undefined {
  for (const line of text.split('\n')) {
    const [, found, set = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
    if (found === name && hasLabels(set, labels)) return Number(value)
  }
  return undefined
}

function hasLabels(set: string, labels: Record<string, string>): boolean {
  const given = new Map([...set.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [name, value]))
  const wanted = Object.entries(labels)
  return given.size === wanted.length && wanted.every(([name, value]) => given.get(name) === value)
}
