/** No test may have a gateway answer with a key, or print one. */
import { afterEach, assert } from "@effect/vitest"
import * as Written from "./written.ts"

Written.watch(globalThis.console)

afterEach(() => assert.deepStrictEqual(Written.taken(), []))
