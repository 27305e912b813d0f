/** What a section is given beside its options. */
export interface World {
  readonly say: (text: string) => void
  /** Notes how quiet the machine is; nothing may be measured meanwhile. */
  readonly look: () => Promise<void>
}
