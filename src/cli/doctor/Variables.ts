/** What the environment says that concerns a race, by the names of its variables. */
import * as Duration from "effect/Duration"
import * as Finding from "./Finding.ts"

/** The variables of ours that something reads. */
export const known: ReadonlyArray<string> = [
  "FLEXINFERENCE_ADAPTIVE",
  "FLEXINFERENCE_API_KEY",
  "FLEXINFERENCE_BASE_URL",
  "FLEXINFERENCE_BODY_TIMEOUT",
  "FLEXINFERENCE_CONFIG",
  "FLEXINFERENCE_CORS",
  "FLEXINFERENCE_DASHBOARD",
  "FLEXINFERENCE_DEFAULT_START_WITHIN",
  "FLEXINFERENCE_DROP_UNSUPPORTED",
  "FLEXINFERENCE_EARLY_BODY",
  "FLEXINFERENCE_EARLY_HEADERS",
  "FLEXINFERENCE_GATEWAY_KEYS",
  "FLEXINFERENCE_HEADER_TIMEOUT",
  "FLEXINFERENCE_IDLE_TIMEOUT",
  "FLEXINFERENCE_LOG_FORMAT",
  "FLEXINFERENCE_LOG_LEVEL",
  "FLEXINFERENCE_MAX_BODY",
  "FLEXINFERENCE_MAX_CONNECTIONS",
  "FLEXINFERENCE_MAX_FAILED_AUTHENTICATIONS",
  "FLEXINFERENCE_MODEL",
  "FLEXINFERENCE_OPERATOR_KEY",
  "FLEXINFERENCE_RECORDS",
  "FLEXINFERENCE_RECORDS_MAX_SIZE",
  "FLEXINFERENCE_RECORDS_RETAIN",
  "FLEXINFERENCE_REDIS_URL",
  "FLEXINFERENCE_RETAIN",
  "FLEXINFERENCE_STATE",
  "FLEXINFERENCE_STORE",
  "FLEXINFERENCE_WRITE_TIMEOUT"
]

export type Environment = { readonly [name: string]: string | undefined }

/** How long a client waits that is configured in this environment, where that is known. */
export const timeout = (
  environment: Environment
): { readonly duration: Duration.Duration; readonly source: string } | undefined => {
  const millis = Number(environment["API_TIMEOUT_MS"])
  return millis > 0 ? { duration: Duration.millis(millis), source: "API_TIMEOUT_MS" } : undefined
}

/** What is set for other programs, and does not mean here what it means there. */
export const surroundings = (environment: Environment): ReadonlyArray<Finding.Finding> => {
  const proxy = ["ALL_PROXY", "all_proxy"].find((name) => (environment[name] ?? "") !== "")
  return [
    ...(proxy === undefined
      ? []
      : [Finding.warning(proxy, "this proxy is not used: set HTTPS_PROXY or HTTP_PROXY")]),
    ...(environment["NODE_TLS_REJECT_UNAUTHORIZED"] === "0"
      ? [Finding.warning("NODE_TLS_REJECT_UNAUTHORIZED", "certificates are not checked: anybody can read the keys")]
      : [])
  ]
}
