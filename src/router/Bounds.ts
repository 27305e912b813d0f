/** How much of a provider's answer is held at once, in bytes. What a provider sends must not decide how much memory is used. */

/** One event of a stream: a final response object with images stays far below. */
export const frame = 64 * 1024 * 1024

/** What comes before the start and is held back: admission events are small. */
export const held = 64 * 1024 * 1024

/** A whole body. */
export const body = 256 * 1024 * 1024

/** The body of an error. */
export const errorBody = 1024 * 1024

/** The names and values of the headers that go through the router, one way. Node itself takes no more in a request. */
export const headers = 16 * 1024
