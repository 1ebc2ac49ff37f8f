import type { LanguageFn } from 'highlight.js'

/** The grammars, each a file of its own that is loaded when a block first needs it. */
export const languageLoaders = {
  bash: () => import('highlight.js/lib/languages/bash'),
  c: () => import('highlight.js/lib/languages/c'),
  cpp: () => import('highlight.js/lib/languages/cpp'),
  csharp: () => import('highlight.js/lib/languages/csharp'),
  css: () => import('highlight.js/lib/languages/css'),
  diff: () => import('highlight.js/lib/languages/diff'),
  dockerfile: () => import('highlight.js/lib/languages/dockerfile'),
  go: () => import('highlight.js/lib/languages/go'),
  ini: () => import('highlight.js/lib/languages/ini'),
  java: () => import('highlight.js/lib/languages/java'),
  javascript: () => import('highlight.js/lib/languages/javascript'),
  json: () => import('highlight.js/lib/languages/json'),
  kotlin: () => import('highlight.js/lib/languages/kotlin'),
  markdown: () => import('highlight.js/lib/languages/markdown'),
  php: () => import('highlight.js/lib/languages/php'),
  powershell: () => import('highlight.js/lib/languages/powershell'),
  python: () => import('highlight.js/lib/languages/python'),
  ruby: () => import('highlight.js/lib/languages/ruby'),
  rust: () => import('highlight.js/lib/languages/rust'),
  shell: () => import('highlight.js/lib/languages/shell'),
  sql: () => import('highlight.js/lib/languages/sql'),
  swift: () => import('highlight.js/lib/languages/swift'),
  typescript: () => import('highlight.js/lib/languages/typescript'),
  xml: () => import('highlight.js/lib/languages/xml'),
  yaml: () => import('highlight.js/lib/languages/yaml'),
} satisfies Record<string, () => Promise<{ default: LanguageFn }>>

export type Language = keyof typeof languageLoaders

const aliases = new Map<string, Language>(
  Object.entries({
    sh: 'bash',
    zsh: 'bash',
    h: 'c',
    'c++': 'cpp',
    cc: 'cpp',
    hpp: 'cpp',
    'c#': 'csharp',
    cs: 'csharp',
    scss: 'css',
    less: 'css',
    patch: 'diff',
    docker: 'dockerfile',
    golang: 'go',
    toml: 'ini',
    env: 'ini',
    properties: 'ini',
    js: 'javascript',
    jsx: 'javascript',
    mjs: 'javascript',
    cjs: 'javascript',
    jsonc: 'json',
    json5: 'json',
    kt: 'kotlin',
    md: 'markdown',
    ps1: 'powershell',
    pwsh: 'powershell',
    py: 'python',
    python3: 'python',
    rb: 'ruby',
    rs: 'rust',
    console: 'shell',
    terminal: 'shell',
    postgresql: 'sql',
    mysql: 'sql',
    sqlite: 'sql',
    plpgsql: 'sql',
    ts: 'typescript',
    tsx: 'typescript',
    mts: 'typescript',
    html: 'xml',
    svg: 'xml',
    vue: 'xml',
    xhtml: 'xml',
    yml: 'yaml',
  } satisfies Record<string, Language>),
)

/** The grammar for the first word after a fence; undefined where there is none. */
export function languageOf(label: string): Language | undefined {
  const name = label.toLowerCase()
  return isLanguage(name) ? name : aliases.get(name)
}

function isLanguage(name: string): name is Language {
  return Object.hasOwn(languageLoaders, name)
}
