import type { Configuration } from './configuration.js';

/** What accompanies a call to a key service. */
export interface KeyServiceOptions {
  /** Fires at the call's deadline and when the crypterer is closed. Hand it to the client of the KMS. */
  readonly signal: AbortSignal;
  /** Leave out any context that the service adds to its calls: for data keys of the Go library, which has none. */
  readonly bare?: boolean;
  /**
   * Facts that the wrapped key is bound to, added to whatever the service binds it to anyway: unwrapping with any other
   * is `KMS_INVALID_BLOB`. Names match `[a-z][a-z0-9_.-]*`. Only for keys that are kept in a key table.
   */
  readonly binding?: Readonly<Record<string, string>>;
}

/** A wrapped key, and what wraps it. */
export interface WrappedDataKey {
  /** 1 to 65,535 bytes; 6,144 in a key table. */
  readonly wrapped: Uint8Array;
  /** The KMS key that wraps it, as the KMS names it. */
  readonly keyId: string;
}

/** A data key as the KMS hands it out. The plaintext is zeroed by the caller once it is in use. */
export interface UnwrappedDataKey {
  /** 32 bytes in memory of their own; any other length is refused as `KMS_INVALID_BLOB`. */
  readonly plaintext: Uint8Array;
  /** The KMS key that wraps it, as the KMS names it. */
  readonly keyId: string;
}

/** A new data key, together with its wrapped form, which is stored beside every value. */
export interface GeneratedDataKey extends UnwrappedDataKey, WrappedDataKey {}

/**
 * What a KMS provider implements: two calls, and with a key table a third. Limits, caches, deadlines, retries over
 * several services and events are the envelope's.
 *
 * Failures are `SqlcrypterError`s: `KMS_UNAVAILABLE`, `KMS_THROTTLED`, `KMS_DENIED`, `KMS_INVALID_BLOB`,
 * `KMS_WRONG_KEY`, `KEY_DISABLED`, `KEY_NOT_FOUND` or `CONFIG`, with a cause made by `causeOf`, never the raw error.
 * Nothing is cached or retried here; a fired signal may reject with anything.
 */
export interface KeyService {
  /** The provider's number in frames: 128-255 outside this project. */
  readonly provider: number;
  /** The crypterer's scheme. */
  readonly scheme: string;
  generateDataKey(options: KeyServiceOptions): Promise<GeneratedDataKey>;
  unwrapDataKey(wrapped: Uint8Array, options: KeyServiceOptions): Promise<UnwrappedDataKey>;
  /** Wraps 32 bytes that the caller made and zeroes. Needed with a key table. */
  wrapDataKey?(plaintext: Uint8Array, options: KeyServiceOptions): Promise<WrappedDataKey>;
  /**
   * Wraps under this service's key what another key of the same KMS wrapped with the same binding, without the plaintext
   * leaving the KMS.
   */
  rewrapDataKey?(wrapped: Uint8Array, options: KeyServiceOptions): Promise<WrappedDataKey>;
  /**
   * Whether a wrap under that key is this service's own to open: the first to be tried of several. Undefined where only
   * a call would tell.
   */
  holds?(keyId: string): boolean | undefined;
  /** As a crypterer's: key ids and options, and objects that count by identity. Left out: only the same service is equal. */
  readonly configuration?: Configuration;
  /** Where there is something to close: called once, when the crypterer is closed. */
  close?(): Promise<void>;
}
