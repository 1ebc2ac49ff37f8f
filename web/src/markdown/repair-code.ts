/** The code of a block that is still arriving: the beginning of its closing fence is no code. */
export function repairCode(code: string): string {
  return code.replace(/(?:^|\n) {0,3}(?:`{1,2}|~{1,2})$/, '')
}
