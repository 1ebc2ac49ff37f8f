import { randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { Email, NewPassword } from '@chatbot-platform/contract'
import type { z } from 'zod'
import type { OperatorService } from '../modules/auth/operator.service.ts'
import { commandNamed, runCommandLine, UsageError } from './command-line.ts'
import { withOperator } from './operator-session.ts'

const usage = `npm run users -- <command>

  create <email>          make an account, also while registration is closed
  reset-password <email>  set a new password and sign the user out everywhere
  disable <email>         sign the user out everywhere and refuse further sign-ins
  enable <email>          let the user sign in again

create and reset-password print a generated password once; with --password-stdin they read it from standard input,
on a terminal without showing it.
`

const commands: Record<string, (email: string, readsPassword: boolean) => Promise<void>> = {
  create: async (email, readsPassword) => {
    const { password, generated } = await choosePassword(readsPassword)
    await withOperator((operator) => operator.create({ email, password }))
    say(`${email} can sign in now.`, generated ? password : undefined)
  },
  'reset-password': async (email, readsPassword) => {
    const { password, generated } = await choosePassword(readsPassword)
    await withOperator((operator) => operator.resetPassword(email, password))
    say(`${email} has a new password and is signed out everywhere.`, generated ? password : undefined)
  },
  disable: (email, readsPassword) => setDisabled(email, readsPassword, true),
  enable: (email, readsPassword) => setDisabled(email, readsPassword, false),
}

/** Runs `users <command> <email>`; the exit code is 0, 1 for a failure, 2 for wrong usage. */
export function run(args: string[]): Promise<number> {
  return runCommandLine(usage, async () => {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { 'password-stdin': { type: 'boolean', default: false } },
    })
    const [name = '', address, ...more] = positionals
    const command = commandNamed(commands, name)
    if (address === undefined || more.length > 0) throw new UsageError(`${name} takes one e-mail address.`)
    await command(parse(Email, address, 'This is not an e-mail address.'), values['password-stdin'])
    return 0
  })
}

async function setDisabled(email: string, readsPassword: boolean, disabled: boolean): Promise<void> {
  if (readsPassword) throw new UsageError('--password-stdin is for create and reset-password.')
  await withOperator((operator: OperatorService) => operator.setDisabled(email, disabled))
  say(disabled ? `${email} is disabled and signed out everywhere.` : `${email} can sign in again.`)
}

async function choosePassword(fromStdin: boolean): Promise<{ password: string; generated: boolean }> {
  if (!fromStdin) return { password: randomBytes(15).toString('base64url'), generated: true }
  const given = process.stdin.isTTY
    ? await promptHidden('Password: ')
    : (await text(process.stdin)).replace(/\r?\n$/, '')
  return { password: parse(NewPassword, given, 'A password has 8 to 1,024 characters.'), generated: false }
}

/** Asks on the terminal; what is typed goes nowhere. */
async function promptHidden(question: string): Promise<string> {
  process.stderr.write(question)
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  try {
    return await terminal.question('')
  } finally {
    terminal.close()
    process.stderr.write('\n')
  }
}

function parse<S extends z.ZodType>(schema: S, value: string, complaint: string): z.output<S> {
  const result = schema.safeParse(value)
  if (!result.success) throw new UsageError(complaint)
  return result.data
}

/** Only the password goes to standard output, so that a script can take it. */
function say(message: string, password?: string): void {
  console.error(password === undefined ? message : `${message} The password, shown only now:`)
  if (password !== undefined) console.log(password)
}
