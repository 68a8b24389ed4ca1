import { SqlcrypterError } from '@sqlcrypter/core';

/** What accompanies a call to a key service. */
export interface KeyServiceOptions {
  /** Fires at the call's deadline and when the crypterer is closed. Hand it to the client of the KMS. */
  readonly signal: AbortSignal;
  /** Leave out any context that the service adds to its calls: for data keys of the Go library, which has none. */
  readonly bare?: boolean;
}

/** A data key as the KMS hands it out. The plaintext is zeroed by the caller once it is in use. */
export interface UnwrappedDataKey {
  /** 32 bytes in memory of their own; any other length is refused as `KMS_INVALID_BLOB`. */
  readonly plaintext: Uint8Array;
  /** The KMS key that wraps it, as the KMS names it. */
  readonly keyId: string;
}

/** A new data key, together with its wrapped form. */
export interface GeneratedDataKey extends UnwrappedDataKey {
  /** 1 to 65,535 bytes, stored beside every value. */
  readonly wrapped: Uint8Array;
}

/**
 * What a KMS provider implements: two calls. Limits, caches, deadlines, retries over several services and events are
 * the envelope's.
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
  /** Where there is something to close: called once, when the crypterer is closed. */
  close?(): Promise<void>;
}

/** Errors: `CONFIG` for anything that is not a key service, named as the caller knows it. */
export function checkKeyService(service: KeyService, name: string): KeyService {
  const { provider, scheme, generateDataKey, unwrapDataKey } = (service ?? {}) as Partial<KeyService>;
  const valid =
    Number.isInteger(provider) &&
    (provider as number) >= 1 &&
    (provider as number) <= 255 &&
    typeof scheme === 'string' &&
    scheme !== '' &&
    typeof generateDataKey === 'function' &&
    typeof unwrapDataKey === 'function';
  if (valid) return service;
  throw new SqlcrypterError(
    'CONFIG',
    `${name} is not a key service. Expected an object with provider (1 to 255), scheme, generateDataKey and ` +
      'unwrapDataKey.',
  );
}
