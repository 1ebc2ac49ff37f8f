/** The operator's commands: `npm run <command> -- …`. Each module exports `run`, which returns the exit code. */
const commands: Record<string, () => Promise<{ run(args: string[]): Promise<number> }>> = {
  db: () => import('./cli/db.ts'),
  docs: () => import('./cli/docs.ts'),
  jobs: () => import('./cli/jobs.ts'),
  users: () => import('./cli/users.ts'),
}

const [name = '', ...args] = process.argv.slice(2)
const command = commands[name]
if (command) {
  process.exitCode = await (await command()).run(args)
} else {
  console.error(`Unknown command "${name}". There are: ${Object.keys(commands).join(', ')}`)
  process.exitCode = 2
}
