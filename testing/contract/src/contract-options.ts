import type { Crypterer, EncryptionContext, ErrorCode, Suite } from '@sqlcrypter/core';

/** A value, or a promise of it. */
export type Awaitable<T> = T | Promise<T>;

/** Makes a crypterer. The suite closes those that can be closed. */
export type CryptererFactory = () => Awaitable<Crypterer>;

/** What the crypterer under test can do beside the contract that all fulfil. Left out means it cannot. */
export interface Capabilities {
  /** Has `encryptSync` and `decryptSync`. */
  readonly sync?: boolean;
  /** Has `loadKeys`: keys of values may not be in memory yet. */
  readonly keyLoader?: boolean;
  /** Has `close`. */
  readonly closeable?: boolean;
  /** Gives `scope` a meaning; without it a call with a scope is `UNSUPPORTED`. */
  readonly scopes?: boolean;
}

/** A ciphertext that was made earlier, perhaps by an earlier version, and what must become of it. */
export interface ContractVector {
  readonly name: string;
  readonly ciphertext: Uint8Array;
  readonly context?: EncryptionContext | undefined;
  /** What it decrypts to; or else, in `code`, how it is refused. */
  readonly plaintext?: Uint8Array | undefined;
  readonly code?: ErrorCode | undefined;
  /** A crypterer with the vector's key, if that is not the one of `create`. */
  readonly create?: CryptererFactory | undefined;
}

/** A crypterer whose two data keys the suite knows, so that it can forge values under them. */
export interface KnownDataKeys {
  /** Encrypts under the first data key and decrypts under either, without `loadKeys`. */
  readonly crypterer: Crypterer;
  /** Every byte before the nonce in a frame of that suite under the first (0) or the second (1) data key. */
  header(which: 0 | 1, suite: Suite): Uint8Array;
}

/** How the provider's side of a test is set up. */
export interface ContractOptions {
  /** Names the provider in the test report, e.g. `aes, xaes-256-gcm`. */
  readonly name: string;
  /** A new crypterer; all that it makes can decrypt what any of them encrypted. Called afresh for every case. */
  readonly create: CryptererFactory;
  /** As `create`, but under another key: neither can decrypt what the other encrypted. */
  readonly createOther: CryptererFactory;
  readonly capabilities: Capabilities;
  /** As `create`, but after a restart: same keys, nothing in memory. Left out: `create` does that already. */
  readonly reload?: CryptererFactory;
  /** As `create`, after its key was rotated: encrypts under a new key and decrypts what `create` encrypted. */
  readonly rotate?: CryptererFactory;
  /** A crypterer with two data keys of 32 bytes that the suite chooses. */
  readonly withDataKeys?: (first: Uint8Array, second: Uint8Array) => Awaitable<KnownDataKeys>;
  /** Key bytes of `create`: no error, inspection or JSON may show them. */
  readonly secrets?: readonly Uint8Array[];
  /** Values from earlier versions, and faulty ones. */
  readonly vectors?: readonly ContractVector[];
  /**
   * As `create`, with this `goFrames` option. `'none'`: the Go library has no such provider, and the option does not
   * exist.
   */
  readonly goFrames?: ((mode: 'read' | 'write') => Awaitable<Crypterer>) | 'none';
  /** For key loaders: drops what a crypterer's caches hold, as if all of it were evicted. */
  readonly forgetKeys?: (crypterer: Crypterer) => void;
  /** For key loaders: makes the key service fail until the function that this gives is called. */
  readonly interruptKeyService?: () => Awaitable<() => Awaitable<void>>;
}
