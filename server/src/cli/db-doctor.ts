import { parseArgs } from 'node:util'
import { loadConfig } from '../config.ts'
import { examine } from './doctor/examine.ts'
import { asTable } from './doctor/finding.ts'

/** `db doctor`: the exit code is 1 where a check failed; warnings alone are 0. */
export async function runDoctor(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { json: { type: 'boolean', default: false } } })
  const findings = await examine(loadConfig())
  console.log(values.json ? JSON.stringify(findings, null, 2) : asTable(findings))
  return findings.some(({ status }) => status === 'fail') ? 1 : 0
}
