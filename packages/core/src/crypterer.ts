/// <reference types="node" preserve="true" />
import type { SqlcrypterError } from './sqlcrypter-error.js';

/**
 * Named facts that a ciphertext is bound to: authenticated with the value, never stored. Decrypting needs the same
 * names and values again; anything else is `AUTH_FAILED`.
 *
 * Names match `[a-z][a-z0-9_.-]{0,63}` and do not begin with `sqlcrypter.`, at most 64 of them. Values are bytes or well-formed strings (compared as
 * UTF-8). Anything else is `CONTEXT_INVALID`. An absent context and `{}` are the same.
 */
export type EncryptionContext = Readonly<Record<string, string | Uint8Array>>;

/** What every encrypting or decrypting call takes. */
export interface CryptOptions {
  /** What the value is bound to; see {@link EncryptionContext}. */
  readonly context?: EncryptionContext | undefined;
  /** Ends the caller's wait with `ABORTED`, for whatever reason it fires; an aborted signal is never ignored. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Whose data key to use, for crypterers that keep one line of keys per tenant, group or person; else `UNSUPPORTED`. A
   * value says itself which key it is under: with a scope it is decrypted only if that key is of this scope (else
   * `AUTH_FAILED`, or `UNSUPPORTED` for a value that carries its own key).
   */
  readonly scope?: string | undefined;
}

/**
 * Encrypts and decrypts values. The one contract that applications hold and that every provider fulfils.
 *
 * - Plaintext: any bytes, zero to 2^31 - 1 less the frame's overhead, else `PLAINTEXT_TOO_LARGE`.
 * - Inputs are read, never changed and never kept. Whatever a call is given (bytes, contexts, lists, items) is taken before
 *   it first waits: the caller may use the memory again as soon as the call has returned its promise. Bytes are as many
 *   as their memory has, whatever their `length` claims.
 * - Results are Buffers; a decrypted one has memory of its own.
 * - Encrypting the same value twice gives different bytes.
 * - Every method may be called concurrently, any number of times, until the crypterer is closed (`DISPOSED` after it).
 * - Every failure is a {@link SqlcrypterError} with a code; none resolves to null, to plaintext that did not
 *   authenticate, or to the ciphertext.
 */
export interface Crypterer {
  /** The provider's short name: `aes`, `awskms`, … */
  readonly scheme: string;
  /**
   * Encrypts bytes into a self-describing ciphertext frame.
   *
   * Errors: `INVALID_ARGUMENT`, `PLAINTEXT_TOO_LARGE`, `CONTEXT_INVALID`, `ABORTED`, `DISPOSED`, `UNSUPPORTED` (a crypterer that
   * only reads), `DEK_EXHAUSTED`, and `KMS_…` where a KMS must be asked.
   */
  encrypt(plaintext: Uint8Array, options?: CryptOptions): Promise<Buffer>;
  /**
   * Decrypts a ciphertext frame.
   *
   * Errors: `FRAME_TRUNCATED`, `FRAME_UNKNOWN`, `FRAME_UNSUPPORTED` (what the bytes are), `KEY_…` (the key),
   * `AUTH_FAILED` (key found, but tampered with or another context), `INVALID_ARGUMENT`, `CONTEXT_INVALID`, `ABORTED`, `DISPOSED`,
   * and `KMS_…` where a KMS must be asked.
   */
  decrypt(ciphertext: Uint8Array, options?: CryptOptions): Promise<Buffer>;
}

/**
 * Capability: the same work without a Promise, for the hooks of drivers and ORMs, which are synchronous.
 * `KEY_NOT_LOADED` where the key is not in memory: load it first, see {@link KeyLoader}.
 */
export interface SyncCrypterer {
  /** As {@link Crypterer.encrypt}, at once. */
  encryptSync(plaintext: Uint8Array, options?: CryptOptions): Buffer;
  /** As {@link Crypterer.decrypt}, at once. */
  decryptSync(ciphertext: Uint8Array, options?: CryptOptions): Buffer;
}

/** How a batch deals with items that fail: reject with the first, or hand each error out in its place. */
export type OnError = 'throw' | 'collect';

/** Options of {@link KeyLoader.loadKeys}. */
export interface LoadKeysOptions {
  /** Ends the caller's wait with `ABORTED`. */
  readonly signal?: AbortSignal | undefined;
  /**
   * `throw` (default): every distinct key is tried, then the first failure is thrown and nothing is leased.
   * `collect`: resolves in any case; what failed is in {@link KeyLease.failures}.
   */
  readonly onError?: OnError | undefined;
}

/**
 * Holds the loaded keys in memory, whatever a cache evicts in the meantime, until it is disposed.
 * Disposing twice is allowed; keys in use by a running operation stay valid for it.
 */
export interface KeyLease extends Disposable {
  /** With `onError: 'collect'`: position in the given ciphertexts -> why its key is not there. Else empty. */
  readonly failures: ReadonlyMap<number, SqlcrypterError>;
  dispose(): void;
}

/** Capability: brings the keys of many ciphertexts into memory, each distinct key once, in parallel. */
export interface KeyLoader {
  loadKeys(ciphertexts: Iterable<Uint8Array>, options?: LoadKeysOptions): Promise<KeyLease>;
}

/** Capability: gives up keys, timers and connections. Every later call is `DISPOSED`; closing twice is allowed. */
export interface Closeable extends AsyncDisposable {
  readonly closed: boolean;
  close(): Promise<void>;
}
