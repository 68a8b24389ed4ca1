/// <reference types="node" preserve="true" />

/** The values of a batch: plaintexts or frames, and what `encodeContext` gave for each. */
export interface BatchValues {
  /** Nothing that these say of themselves is trusted; see `genuineBytes`. */
  readonly bytes: readonly Uint8Array[];
  readonly contexts: readonly Buffer[];
  /** Brings all values before a position here. */
  take(to: number): void;
}
