/// <reference types="node" preserve="true" />
import type { KeyRecord } from '@sqlcrypter/core/provider';

/** A data key that must be unwrapped: what is known of it before. */
export interface WantedKey {
  /** What the cache calls it. No other key has the same, of whatever kind. */
  readonly name: string;
  /** For a stored key whatever its unwrapping depends on. */
  readonly wrapped: Buffer;
  /** Whether it was wrapped without the KMS encryption context, as those of the Go library are. */
  readonly bare: boolean;
  /** The keys that values with this wrapped key commit to: one, unless values were changed. None for Go frames. */
  readonly fingerprints: readonly Buffer[];
  /** The row of a stored key that a KMS wraps. */
  readonly record?: KeyRecord;
}
