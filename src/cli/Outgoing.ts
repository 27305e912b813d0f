/** How the command's calls leave: straight, or through the proxies that the environment names. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { Transport } from "../Transport.ts"
import * as UndiciTransport from "../transport/UndiciTransport.ts"

/** Either spelling; curl and others take the small one first. */
const variable = (name: string) =>
  Config.option(Config.orElse(Config.String(name.toLowerCase()), () => Config.String(name)))

const proxies = Config.all({
  https: variable("HTTPS_PROXY"),
  http: variable("HTTP_PROXY"),
  except: variable("NO_PROXY")
})

/** The transport, with `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`. */
export const transport: Effect.Effect<Layer.Layer<Transport>, Config.ConfigError> = Effect.map(
  proxies,
  ({ except, http, https }) => {
    const given = [https, http].some((proxy) => Option.isSome(proxy) && proxy.value !== "")
    return given
      ? UndiciTransport.layerProxy({
        https: Option.getOrUndefined(https),
        http: Option.getOrUndefined(http),
        except: Option.getOrUndefined(except)
      })
      : UndiciTransport.layer()
  }
)
