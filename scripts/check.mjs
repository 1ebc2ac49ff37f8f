// `npm run check`: style and import borders (Biome), types (TypeScript), dead code (knip), and generated files.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const steps = [
  ['biome', 'check', '--error-on-warnings', '.'],
  ['tsc', '--project', '.'],
  ['tsc', '--project', 'web'],
  ['tsc', '--project', 'e2e'],
  ['knip'],
  ['server/src/cli.ts', 'docs', '--check'],
  ['server/src/cli.ts', 'db', 'check', '--offline'],
]
for (const [name, ...args] of steps) {
  process.stdout.write(`> ${[name, ...args].join(' ')}\n`)
  const script = name.endsWith('.ts') ? join(root, name) : binOf(name)
  const { status } = spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

/** The JavaScript behind a command of an installed package, so that the pinned Node runs it. */
function binOf(name) {
  const packages = { biome: '@biomejs/biome', tsc: 'typescript' }
  const manifest = join(root, 'node_modules', packages[name] ?? name, 'package.json')
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8'))
  return join(dirname(manifest), typeof bin === 'string' ? bin : bin[name])
}
