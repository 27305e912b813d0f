/** The variables in which the providers' keys are looked for, as a sentence names them. */
import { keyVariables } from "../catalog/Routes.ts"

export const listed = (conjunction: "and" | "or"): string =>
  `${keyVariables.slice(0, -1).join(", ")} ${conjunction} ${keyVariables.slice(-1).join("")}`
