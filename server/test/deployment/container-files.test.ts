import { existsSync, readFileSync } from 'node:fs'
import { allEndpoints } from '@chatbot-platform/contract'
import { describe, expect, test } from 'vitest'
import { settings } from '../../src/settings.ts'

// No container engine runs in the tests: what the files name is checked against what there is.
const root = new URL('../../../', import.meta.url)
const read = (name: string) => readFileSync(new URL(name, root), 'utf8')
const exists = (path: string) => existsSync(new URL(path, root))
const variables = Object.values(settings).flatMap((group) => Object.keys(group))

describe('Dockerfile', () => {
  const dockerfile = read('Dockerfile').replaceAll('\\\n', ' ')
  const lines = (instruction: string) =>
    [...dockerfile.matchAll(new RegExp(`^${instruction} (.+)$`, 'gm'))].map(([, rest = '']) => rest)

  test('copies files that exist, and every workspace', () => {
    const fromHere = lines('COPY').filter((line) => !line.startsWith('--from'))
    const sources = fromHere.flatMap((line) => line.split(/\s+/).slice(0, -1))
    expect(sources.filter((path) => !exists(path))).toEqual([])
    const { workspaces } = JSON.parse(read('package.json'))
    for (const workspace of workspaces) expect(sources).toContain(workspace)
    for (const workspace of workspaces) expect(sources).toContain(`${workspace}/package.json`)
  })

  test('brings the web app to where the server looks for it', () => {
    expect(lines('COPY').filter((line) => line.startsWith('--from'))).toEqual(['--from=web /app/web/dist web/dist'])
    expect(lines('RUN')).toContain('node scripts/build-web.mjs')
  })

  test('sets variables that the server knows, production among them', () => {
    const set = lines('ENV').flatMap((line) => line.trim().split(/\s+/))
    expect(set).toContain('NODE_ENV=production')
    expect(set.map((pair) => pair.split('=')[0]).filter((name) => !variables.includes(name ?? ''))).toEqual([])
  })

  test('starts a file that exists, as somebody who is not root, and asks a health endpoint', () => {
    const command = JSON.parse(lines('CMD').at(-1) ?? '[]') as string[]
    expect(exists(command.at(-1) ?? '')).toBe(true)
    expect(lines('USER')).toEqual(['node'])
    const paths = allEndpoints().map(([, { path }]) => path)
    expect(paths).toContain(dockerfile.match(/\+ '(\/health[^']*)'/)?.[1])
    expect(lines('EXPOSE')).toEqual(['8000'])
  })
})

describe('compose.yaml', () => {
  const compose = read('compose.yaml')

  test('gives the server variables that it knows', () => {
    const environment = compose.slice(compose.indexOf('environment:'), compose.indexOf('volumes:'))
    const names = [...environment.matchAll(/^ {6}([A-Z_]+):/gm)].map(([, name]) => name)
    expect(names).toContain('SECRET_KEY')
    expect(names.filter((name) => !variables.includes(name ?? ''))).toEqual([])
  })

  test('connects to the database that it starts', () => {
    const [, user, host, database] = compose.match(/postgresql:\/\/(\w+):\$\{[^}]+\}@(\w+):5432\/(\w+)/) ?? []
    expect(compose).toContain(`\n  ${host}:\n`)
    expect(compose).toContain(`POSTGRES_USER: ${user}`)
    expect(compose).toContain(`POSTGRES_DB: ${database}`)
  })

  test('names the port of the image, and volumes that it declares', () => {
    // Browsers drop the cookie of a sign-in that comes without TLS from another machine.
    expect(compose).toContain('"127.0.0.1:8000:8000"')
    const declared = compose.slice(compose.lastIndexOf('\nvolumes:'))
    for (const [, volume] of compose.matchAll(/^ {6}- (\w[\w-]*):\//gm)) expect(declared).toContain(`${volume}:`)
  })
})

test('what the documents link to exists', () => {
  const documents = [
    'README.md',
    'GROQ_SETUP.md',
    'ARCHITECTURE.md',
    'CONTRIBUTING.md',
    'docs/api.md',
    'docs/deployment.md',
  ]
  const broken = documents.flatMap((document) =>
    [...read(document).matchAll(/\]\((?!https?:|#)([^)#]+)\)/g)]
      .map(([, target = '']) => new URL(target, new URL(document, root)))
      .filter((target) => !existsSync(target))
      .map(String),
  )
  expect(broken).toEqual([])
  expect(read('README.md').split('\n').length).toBeLessThanOrEqual(201)
})
