/** The longest message in UTF-16 units; see `ChatInput` of the contract. */
export const maxChars = 100_000
