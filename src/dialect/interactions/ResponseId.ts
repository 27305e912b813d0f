/**
 * Ids of answers on both sides. An interaction that Google stored goes out as `resp_google_<its id>`, so that a caller
 * of Responses who sends it back as `previous_response_id` continues that very interaction. A response's id goes out
 * unchanged as an interaction's id.
 */

const prefix = "resp_google_"

/** The id of an interaction as a response's id. */
export const fromInteraction = (id: string): string => `${prefix}${id}`

/** The interaction behind a response's id; `undefined` where Google did not serve it or did not store it. */
export const toInteraction = (id: string): string | undefined =>
  id.startsWith(prefix) && id.length > prefix.length ? id.slice(prefix.length) : undefined

/** Whether an interaction's id is a response's id that went out as one. */
export const isResponse = (id: string): boolean => id.startsWith("resp_")
