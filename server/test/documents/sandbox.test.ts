import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test, vi } from 'vitest'
import { defaultDocumentLimits } from '../../src/documents/document.ts'
import { sandboxed } from '../../src/documents/reader-process.ts'

vi.setConfig({ testTimeout: 30_000 })
const seal = new URL('../../src/documents/reading/seal.ts', import.meta.url).href

/** What a statement does in the process that reads documents: `done`, or the code or text of its error. */
async function attempt(statement: string): Promise<string> {
  const code = `import { sealProcess } from '${seal}'
    sealProcess()
    try { ${statement}; console.log('done') } catch (error) { console.log(error.code ?? error.message) }`
  const [command, args] = sandboxed(['--input-type=module', '--eval', code], defaultDocumentLimits)
  const { stdout } = await promisify(execFile)(command, args, { env: {}, cwd: '/tmp' })
  return stdout.trim()
}

test.each([
  "(await import('node:fs')).readFileSync('/etc/passwd')",
  "(await import('node:fs')).readdirSync('/')",
  `(await import('node:fs')).readFileSync(${JSON.stringify(new URL('../../src/config.ts', import.meta.url).pathname)})`,
  "(await import('node:fs')).writeFileSync('climbed', 'x')",
  "(await import('node:fs')).mkdirSync('/tmp/climbed')",
  "process.binding('tcp_wrap')",
  "process.dlopen({ exports: {} }, '/tmp/x.node')",
])('no right to %s', async (statement) => {
  expect(await attempt(statement)).toBeOneOf(['ERR_ACCESS_DENIED', 'ERR_DLOPEN_DISABLED'])
})

test.each([
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
])('no way to load %s', async (name) => {
  expect(await attempt(`await import('node:${name}')`)).toContain('is closed to document readers')
  expect(await attempt(`(await import('node:module')).createRequire('${seal}')('${name}')`)).toContain(
    'is closed to document readers',
  )
})

test.each([
  "await fetch('http://127.0.0.1:9')",
  "new WebSocket('ws://127.0.0.1:9')",
  "new Function('return 1')()",
  "eval('1')",
  "process.getBuiltinModule('net').connect(9)",
])('no use in %s', async (statement) => {
  expect(await attempt(statement)).toMatch(/is not defined|Code generation from strings disallowed|undefined/)
})

test('what parsers need is there', async () => {
  expect(await attempt("(await import('node:zlib')).inflateRawSync(Buffer.from([3, 0]))")).toBe('done')
  expect(await attempt("await import('node:stream')")).toBe('done')
})
