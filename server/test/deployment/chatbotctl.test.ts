import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { pathTo, read } from './deploy-files.ts'

const script = pathTo('deploy/systemd/chatbotctl')

/** Runs it with a `systemd-run` that notes what it is asked for, answers on both outputs, and ends with 7. */
function chatbotctl(args: string[], input = '') {
  const folder = mkdtempSync(join(tmpdir(), 'chatbotctl-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const fake = `#!/bin/sh\nprintf '%s\\0' "$@" > '${folder}/asked'\ncat\necho complaint >&2\nexit 7\n`
  writeFileSync(join(folder, 'systemd-run'), fake, { mode: 0o755 })
  const env = { PATH: [folder, process.env.PATH].join(delimiter) }
  const { status, stdout, stderr } = spawnSync('sh', [script, ...args], { env, input, encoding: 'utf8' })
  const asked = readFileSync(join(folder, 'asked'), 'utf8').split('\0').slice(0, -1)
  return { status, stdout, stderr, asked }
}

describe.skipIf(process.platform === 'win32')('deploy/systemd/chatbotctl', () => {
  test('is a script that every sh can read', () => {
    expect(read('deploy/systemd/chatbotctl')).toMatch(/^#!\/bin\/sh\n/)
    execFileSync('sh', ['-n', script])
  })

  test('runs a command with the settings of the service, in its folder and as its user', () => {
    const { asked } = chatbotctl(['users', 'create', 'ada@example.com'])
    const [options, command] = [
      asked.slice(0, asked.indexOf('/usr/bin/node')),
      asked.slice(asked.indexOf('/usr/bin/node')),
    ]
    expect(command.slice(2)).toEqual(['server/src/cli.ts', 'users', 'create', 'ada@example.com'])
    expect(command.slice(1, 3).filter((path) => !existsSync(pathTo(path)))).toEqual([])
    const given = (name: string) => options.find((one) => one.startsWith(`--${name}=`))?.slice(name.length + 3)
    for (const name of ['chatbot', 'chatbot@', 'chatbot-worker']) {
      const unit = read(`deploy/systemd/${name}.service`).split('\n')
      expect(unit).toContain(`User=${given('uid')}`)
      expect(unit).toContain(`Group=${given('gid')}`)
      for (const property of ['WorkingDirectory', 'EnvironmentFile', 'UMask']) {
        expect(unit).toContain(`${property}=${given(`property=${property}`)}`)
      }
      expect(unit.find((line) => line.startsWith(`ExecStart=${command[0]} ${command[1]} `))).toBeDefined()
    }
    const variables = options.filter((one) => one.startsWith('--setenv=')).map((one) => one.slice('--setenv='.length))
    expect(variables.map((variable) => variable.split('=')[0])).toEqual(['NODE_ENV', 'DATA_DIR'])
    const unit = read('deploy/systemd/chatbot.service').split('\n')
    for (const variable of variables) expect(unit).toContain(`Environment=${variable}`)
  })

  test('hands on what goes in, what comes out and how it ended, and waits for that', () => {
    const { status, stdout, stderr, asked } = chatbotctl(
      ['users', 'create', 'a@b.cd', '--password-stdin'],
      'a password',
    )
    expect({ status, stdout, stderr }).toEqual({ status: 7, stdout: 'a password', stderr: 'complaint\n' })
    expect(asked).toEqual(expect.arrayContaining(['--wait', '--pipe', '--pty', '--quiet']))
  })

  test('keeps blanks, quotes and empty arguments, and writes $ as systemd wants it', () => {
    const given = ['', 'a "b"\' c', 'postgres://owner:pa$word@host/db', '$HOME', '50%', '*']
    const { asked } = chatbotctl(['db', ...given])
    const written = given.map((argument) => argument.replaceAll('$', '$$$$'))
    expect(asked.slice(-given.length)).toEqual(written)
  })
})
