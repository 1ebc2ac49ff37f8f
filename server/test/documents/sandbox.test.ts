import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test, vi } from 'vitest'
import { defaultDocumentLimits } from '../../src/documents/document.ts'
import { sandboxed } from '../../src/documents/reader-process.ts'

vi.setConfig({ testTimeout: 30_000 })
const seal = new URL('../../src/documents/reading/seal.ts', import.meta.url).href

/**
 * What statements do in the process that reads documents, one after the other: `done`, or the code or text of its error
 * for each.
 */
async function attempts(statements: string[]): Promise<Map<string, string>> {
  const code = `import { sealProcess } from '${seal}'
    sealProcess()
    const told = []
    ${statements
      .map(
        (statement) =>
          `try { ${statement}; told.push('done') } catch (error) { told.push(error.code ?? error.message) }`,
      )
      .join('\n')}
    console.log(JSON.stringify(told))`
  const [command, args] = sandboxed(['--input-type=module', '--eval', code], defaultDocumentLimits)
  const { stdout } = await promisify(execFile)(command, args, { env: {}, cwd: '/tmp' })
  const told: string[] = JSON.parse(stdout)
  return new Map(statements.map((statement, at) => [statement, told[at] ?? 'nothing']))
}

const forbidden = [
  "(await import('node:fs')).readFileSync('/etc/passwd')",
  "(await import('node:fs')).readdirSync('/')",
  `(await import('node:fs')).readFileSync(${JSON.stringify(new URL('../../src/config.ts', import.meta.url).pathname)})`,
  "(await import('node:fs')).writeFileSync('climbed', 'x')",
  "(await import('node:fs')).mkdirSync('/tmp/climbed')",
  "process.binding('tcp_wrap')",
  "process.dlopen({ exports: {} }, '/tmp/x.node')",
]
const rights = attempts(forbidden)

test.each(forbidden)('no right to %s', async (statement) => {
  expect((await rights).get(statement)).toBeOneOf(['ERR_ACCESS_DENIED', 'ERR_DLOPEN_DISABLED'])
})

const closed = [
  'net',
  'tls',
  'http',
  'https',
  'http2',
  'dgram',
  'dns',
  'dns/promises',
  'child_process',
  'worker_threads',
  'inspector',
  'vm',
  'cluster',
]
const imported = (name: string) => `await import('node:${name}')`
const required = (name: string) => `(await import('node:module')).createRequire('${seal}')('${name}')`
const loads = attempts(closed.flatMap((name) => [imported(name), required(name)]))

test.each(closed)('no way to load %s', async (name) => {
  for (const statement of [imported(name), required(name)])
    expect((await loads).get(statement)).toContain('is closed to document readers')
})

const gone = [
  "await fetch('http://127.0.0.1:9')",
  "new WebSocket('ws://127.0.0.1:9')",
  "new Function('return 1')()",
  "eval('1')",
  "process.getBuiltinModule('net').connect(9)",
]
const uses = attempts(gone)

test.each(gone)('no use in %s', async (statement) => {
  expect((await uses).get(statement)).toMatch(/is not defined|Code generation from strings disallowed|undefined/)
})

test('what parsers need is there', async () => {
  const needed = ["(await import('node:zlib')).inflateRawSync(Buffer.from([3, 0]))", "await import('node:stream')"]
  expect([...(await attempts(needed)).values()]).toEqual(['done', 'done'])
})
