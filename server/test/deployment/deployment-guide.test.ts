import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { paths, pathTo, read, unknownVariables } from './deploy-files.ts'

test.each([
  ...['docs/deployment.md', 'docs/backup.md', 'docs/scaling.md', 'docs/monitoring.md', 'docs/jobs.md'],
  ...['README.md', 'SECURITY.md', 'GROQ_SETUP.md'],
])('%s links to files and headings that exist', (document) => {
  const links = [...read(document).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)]
  expect(links.length).toBeGreaterThan(0)
  const broken = links.filter(([, file = '', heading]) => {
    const path = file === '' ? document : join(dirname(document), file)
    if (!existsSync(pathTo(path))) return true
    return heading !== undefined && !headingsOf(read(path)).includes(heading)
  })
  expect(broken.map(([link]) => link)).toEqual([])
})

describe('docs/deployment.md', () => {
  const guide = read('docs/deployment.md')

  test('names commands of the operator that exist', () => {
    const commands = [...guide.matchAll(/(?:chatbotctl|server\/src\/cli\.ts) ([a-z]+)/g)].map(([, name = '']) => name)
    expect(commands.length).toBeGreaterThan(5)
    const known = read('server/src/cli.ts')
    expect(commands.filter((name) => !known.includes(`  ${name}: () => import(`))).toEqual([])
  })

  test('names scripts, settings and endpoints that exist', () => {
    const { scripts } = JSON.parse(read('package.json'))
    const run = [...guide.matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name)
    expect(run.filter((name) => !(name in scripts))).toEqual([])
    const own = ['POSTGRES_PASSWORD', 'SIGTERM', 'SSD', 'PGDATA']
    const names = [...guide.matchAll(/\b([A-Z]+(?:_[A-Z]+)+)\b/g)].map(([, name = '']) => name)
    expect(unknownVariables(names.filter((name) => !own.includes(name)))).toEqual([])
    const asked = [...guide.matchAll(/`(\/health[\w/]*)`/g)].map(([, path = '']) => path)
    expect(asked.filter((path) => !paths.includes(path))).toEqual([])
  })
})

/** As GitHub writes the anchors of headings. */
function headingsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )
}
