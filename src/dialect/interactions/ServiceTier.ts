/** Words for a service tier: Interactions says `standard` where Responses says `default`. */

/** An interaction's word in Responses; a word that is in neither list is kept. */
export const toResponses = (word: string): string => word === "standard" ? "default" : word

/** A response's word in Interactions; OpenAI's `fast` is its newer name for priority. */
export const fromResponses = (word: string): string =>
  word === "default" ? "standard" : word === "fast" ? "priority" : word
