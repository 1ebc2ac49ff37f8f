/** So much of a title as it takes to say which conversation is meant. */
export function shortTitle(title: string): string {
  return title.length <= 60 ? title : `${title.slice(0, 59).toWellFormed()}…`
}
