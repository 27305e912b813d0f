/** Assertions the compiler makes: a type argument that breaks the promise is a compile error. */

export type Extends<Sub extends Super, Super> = Sub

export type Same<A, B> = [A] extends [B] ? [B] extends [A] ? true : { readonly missing: Exclude<B, A> } : {
  readonly extra: Exclude<A, B>
}

/** Holds `Same` to `true`. */
export type Is<Truth extends true> = Truth
