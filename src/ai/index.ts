/**
 * Effect's `LanguageModel` on top of `FlexInference`, for the models of every provider.
 */

/** `model`, `layer` and `make`: the service of `effect/ai`, and what it is told. */
export * as FlexLanguageModel from "./FlexLanguageModel.ts"
/** Tools that the model's provider runs itself. */
export * as FlexTool from "./FlexTool.ts"
