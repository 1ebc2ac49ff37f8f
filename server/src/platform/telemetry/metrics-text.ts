// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format

/** The same metrics with a label `worker` on each series. */
export function labelled(text: string, worker: number): string {
  return text
    .split('\n')
    .map((line) => {
      const [, name, rest] = /^([a-zA-Z_]\w*)([{ ].*)$/.exec(line) ?? []
      if (name === undefined || rest === undefined) return line
      const label = `worker="${worker}"`
      return rest.startsWith('{') ? `${name}{${label},${rest.slice(1)}` : `${name}{${label}}${rest}`
    })
    .join('\n')
}

/** One text of several, in which each metric is described once and has all its series together. */
export function mergeTexts(texts: string[]): string {
  const metrics = new Map<string, { about: string[]; series: string[] }>()
  for (const text of texts) {
    let current = { about: [] as string[], series: [] as string[] }
    for (const line of text.split('\n')) {
      const [, name] = /^# HELP (\S+)/.exec(line) ?? []
      if (name !== undefined) {
        current = metrics.get(name) ?? { about: [], series: [] }
        metrics.set(name, current)
      }
      if (!line.startsWith('#')) {
        if (line !== '') current.series.push(line)
      } else if (!current.about.includes(line)) current.about.push(line)
    }
  }
  return [...metrics.values()].map(({ about, series }) => `${[...about, ...series].join('\n')}\n`).join('\n')
}
