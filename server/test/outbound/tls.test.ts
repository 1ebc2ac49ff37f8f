import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fetchAllowing, refusalOf, serve } from './loopback.ts'

const folder = mkdtempSync(join(tmpdir(), 'outbound-tls-'))
const trusted = getCACertificates()
const names: (string | undefined)[] = []
let location = ''

const fetch = fetchAllowing(['127.0.0.1'], () => Promise.resolve(['127.0.0.1']))
const server = createServer({}, (_request, response) => {
  if (location === '') response.end('secret hello')
  else response.writeHead(302, { location }).end()
})
let port = 0

beforeAll(async () => {
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  const subject = ['-subj', '/CN=site.example', '-addext', 'subjectAltName=DNS:site.example']
  const kind = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  execFileSync('openssl', [...kind, ...subject, '-keyout', key, '-out', certificate], { stdio: 'ignore' })
  setDefaultCACertificates([...trusted, readFileSync(certificate, 'utf8')])
  server.setSecureContext({ key: readFileSync(key), cert: readFileSync(certificate) })
  server.on('secureConnection', (socket) => names.push(socket.servername || undefined))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})

afterAll(() => {
  server.close()
  setDefaultCACertificates(trusted)
  rmSync(folder, { recursive: true })
})

test('the certificate is that of the name, also with a dot at its end, though the address was resolved before', async () => {
  for (const host of ['site.example', 'SITE.example.'])
    expect((await fetch(`https://${host}:${port}/`)).body.toString()).toBe('secret hello')
  expect(names).toEqual(['site.example', 'site.example'])
})

test('the certificate of another name is refused', async () => {
  expect((await refusalOf(fetch(`https://other.example:${port}/`))).code).toBe('unreachable')
  expect((await refusalOf(fetch(`https://127.0.0.1:${port}/`))).code).toBe('unreachable')
})

test('a redirect to http is not followed', async () => {
  const asked: string[] = []
  location = await serve((request, response) => response.end(asked.push(request.url ?? '')))
  expect((await refusalOf(fetch(`https://site.example:${port}/`, { redirects: 5 }))).code).toBe('bad_url')
  expect(asked).toEqual([])
})
