/** Assertions the compiler makes: a type argument that breaks the promise is a compile error. */

export type Extends<Sub extends Super, Super> = Sub

export type Same<A, B> = [A] extends [B] ? [B] extends [A] ? true : { readonly missing: Exclude<B, A> } : {
  readonly extra: Exclude<A, B>
}

/** Holds `Same` to `true`. */
export type Is<Truth extends true> = Truth

/** Without `readonly` and without the `undefined` of optional members, all the way down: as vendors write their types. */
export type Plain<T> = T extends string | number | boolean ? T
  : T extends ReadonlyArray<infer Element> ? Plain<Element>[]
  : T extends object ? { -readonly [Key in keyof T]: Plain<Exclude<T[Key], undefined>> }
  : T

/** The fields that both have and that take more with us than with the vendor. */
export type Wider<Ours, Vendors> = Exclude<
  {
    [Field in keyof Ours & keyof Vendors]-?: Plain<Exclude<Ours[Field], undefined>> extends Vendors[Field] ? never
      : Field
  }[keyof Ours & keyof Vendors],
  undefined
>
