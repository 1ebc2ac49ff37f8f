// `npm run fuzz -- --requests 100000 --seed 7` and `npm run isolation -- --attempts 200000 --seed 7`: the same tests that
// `npm test` runs for some seconds, for as long as it takes.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const batteries = {
  fuzz: { folder: 'server/test/fuzz', count: 'requests', initial: '100000' },
  isolation: { folder: 'server/test/isolation', count: 'attempts', initial: '200000' },
}

const [name = '', ...args] = process.argv.slice(2)
const battery = batteries[name]
if (!battery) throw new Error(`there is no battery ${name}`)
const { folder, count, initial } = battery
const { values } = parseArgs({
  args,
  options: { [count]: { type: 'string', default: initial }, seed: { type: 'string', default: '1' } },
})
for (const [option, value] of Object.entries(values)) {
  if (!/^\d{1,9}$/.test(value)) throw new Error(`--${option} must be a whole number, and is ${value}.`)
}

const vitest = fileURLToPath(import.meta.resolve('vitest/package.json')).replace('package.json', 'vitest.mjs')
const variables = { [`${name}_${count}`.toUpperCase()]: values[count], [`${name}_seed`.toUpperCase()]: values.seed }
const child = spawn(process.execPath, [vitest, 'run', folder], {
  stdio: 'inherit',
  env: { ...process.env, ...variables },
})
child.on('exit', (code, signal) => {
  process.exitCode = signal ? 1 : (code ?? 1)
})
