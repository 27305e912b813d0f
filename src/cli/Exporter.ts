/** OTLP by OpenTelemetry's standard variables; loaded only where they name a collector. */
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpMiddleware from "effect/http/HttpMiddleware"
import * as Layer from "effect/Layer"
import * as OtlpMetrics from "effect/observability/OtlpMetrics"
import * as OtlpSerialization from "effect/observability/OtlpSerialization"
import * as OtlpTracer from "effect/observability/OtlpTracer"
import * as CommandFailed from "./CommandFailed.ts"

/** What the standard has where a variable says nothing. */
const standard = ConfigProvider.fromUnknown({
  OTEL_SERVICE_NAME: "flexinference",
  OTEL_TRACES_EXPORTER: "otlp",
  OTEL_METRICS_EXPORTER: "otlp",
  OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf"
})

const serialization = Layer.unwrap(Effect.gen(function*() {
  const protocol = yield* Config.String("OTEL_EXPORTER_OTLP_PROTOCOL")
  switch (protocol) {
    case "http/protobuf":
      return OtlpSerialization.layerProtobuf
    case "http/json":
      return OtlpSerialization.layerJson
    default:
      return yield* CommandFailed.usage([
        `OTEL_EXPORTER_OTLP_PROTOCOL is ${JSON.stringify(protocol)}. Expected: http/protobuf or http/json`
      ])
  }
}))

/** Traces and metrics. What is asked of the gateway itself is not traced. */
export const layer: Layer.Layer<never, Config.ConfigError | CommandFailed.CommandFailed> = Layer.mergeAll(
  OtlpTracer.layerFromConfig(),
  OtlpMetrics.layerFromConfig(),
  HttpMiddleware.layerTracerDisabledForUrls(["/", "/healthz", "/readyz", "/metrics"])
).pipe(
  Layer.provide(serialization),
  // Not the client that calls the providers: what it exports is no request of anybody's.
  Layer.provide(FetchHttpClient.layer),
  Layer.provide(ConfigProvider.layerAdd(standard))
)
