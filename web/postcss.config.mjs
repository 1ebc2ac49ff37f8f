/** Every browser that runs this app reads WOFF2: the other two formats that KaTeX names for each font are left out. */
const onlyWoff2 = {
  postcssPlugin: 'only-woff2',
  Once(root) {
    root.walkAtRules('font-face', (rule) => {
      rule.walkDecls('src', (declaration) => {
        const sources = declaration.value.split(/,(?![^(]*\))/)
        const kept = sources.filter((source) => /format\("?woff2"?\)/.test(source))
        if (kept.length > 0) declaration.value = kept.join(',')
      })
    })
  },
}

export default { plugins: [onlyWoff2] }
