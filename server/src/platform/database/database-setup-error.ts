/** A database that this server cannot or must not work with; the message says what to change, with the SQL where there is some. */
export class DatabaseSetupError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DatabaseSetupError'
  }
}

/** The error for rights that only an administrator can give: what is missing, then the statements to run. */
export function needsSql(what: string, statements: readonly string[]): DatabaseSetupError {
  return new DatabaseSetupError(
    `${what} Run this as a superuser (or as an administrator who may) in the database, then start again:\n\n${statements.map((sql) => `  ${sql}`).join('\n')}\n`,
  )
}
