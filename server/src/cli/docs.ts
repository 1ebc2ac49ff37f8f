import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Setting } from '../setting-kinds.ts'
import { settings } from '../settings.ts'

const repository = resolve(import.meta.dirname, '../../..')

/**
 * `docs` writes `.env.example` and `docs/configuration.md` from the settings; `docs --check` writes nothing. Resolves
 * with the exit code: 1 when `--check` finds a file that differs, 2 for arguments it does not know.
 */
export async function run(args: string[], root: string = repository): Promise<number> {
  if (args.some((arg) => arg !== '--check')) {
    console.error('Usage: docs [--check]')
    return 2
  }
  const files = { '.env.example': envExample(), 'docs/configuration.md': configurationPage() }
  const stale: string[] = []
  for (const [name, text] of Object.entries(files)) {
    const path = join(root, name)
    if ((await currentText(path)) === text) continue
    stale.push(name)
    if (args.length > 0) continue
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text)
  }
  if (args.length === 0) console.log(stale.length > 0 ? `Wrote ${stale.join(' and ')}.` : 'Nothing to write.')
  else if (stale.length > 0) console.error(`Not up to date: ${stale.join(', ')}. Run \`npm run docs\`.`)
  return args.length > 0 && stale.length > 0 ? 1 : 0
}

async function currentText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}

const groups = Object.entries<Record<string, Setting>>(settings)

function envExample(): string {
  const intro = comment(
    'Settings of Chatbot Platform. Copy this file to .env and remove the # in front of what you change; everything has ' +
      'a default. A variable of the environment wins over this file; an empty one counts as unset. Put a value that ' +
      'holds a # or spaces in quotes. Made by `npm run docs` from server/src/config.ts.',
  )
  const sections = groups.map(([group, entries]) => {
    const lines = Object.entries(entries).map(([name, one]) => `${comment(textOf(one))}\n# ${name}=${sampleOf(one)}`)
    return `# --- ${group} ---\n\n${lines.join('\n\n')}`
  })
  return `${[intro, ...sections].join('\n\n')}\n`
}

/** About, with what a bare value would not say. */
function textOf(one: Setting): string {
  const unset = one.unset === undefined ? '' : ` Unset: ${one.unset}.`
  return one.about + (one.required ? ` Required ${one.required}.` : '') + unset
}

function sampleOf(one: Setting): string {
  return defaultOf(one) ?? one.example ?? ''
}

function comment(text: string, width = 110): string {
  const lines: string[] = ['#']
  for (const word of text.split(' ')) {
    const line = `${lines.at(-1)} ${word}`
    if (line.length > width) lines.push(`# ${word}`)
    else lines[lines.length - 1] = line
  }
  return lines.join('\n')
}

function configurationPage(): string {
  const sections = groups.map(([group, entries]) => {
    const rows = Object.entries(entries).map(([name, one]) => {
      const cells = [`\`${name}\``, one.about + exampleOf(one), defaultText(one), noteOf(one)]
      return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
    })
    return `## ${group}\n\n| Variable | What it does | Default | Notes |\n|---|---|---|---|\n${rows.join('\n')}`
  })
  return `# Configuration

Every setting is an environment variable, read once at the start from the environment and from the file \`.env\` in the
working directory. A variable of the environment wins over the file; an empty one counts as unset. The server does not
start with a setting that is wrong: it names all of them with the reason, and never shows a value.

This page and \`.env.example\` are made by \`npm run docs\` from \`server/src/config.ts\`.

${sections.join('\n\n')}
`
}

function exampleOf(one: Setting): string {
  return one.example === undefined ? '' : ` Example: \`${one.example}\`.`
}

function defaultText(one: Setting): string {
  const initial = defaultOf(one)
  return one.unset ?? (initial === undefined ? 'none' : `\`${initial}\``)
}

function noteOf(one: Setting): string {
  return [one.secret ? 'secret' : '', one.required ? `required ${one.required}` : ''].filter(Boolean).join(', ')
}

/** The schema's own default as a variable would spell it; undefined where there is none, or only an empty one. */
function defaultOf({ schema }: Setting): string | undefined {
  const { data } = schema.safeParse(undefined)
  return data === undefined || String(data) === '' ? undefined : String(data)
}
