/** OpenTelemetry's attributes for the service tier. It has them under one vendor's name only; they stand for every provider's. */

/** The tier that was asked for. */
export const requested = "openai.request.service_tier"

/** The tier that served. */
export const served = "openai.response.service_tier"
