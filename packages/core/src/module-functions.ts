/// <reference types="node" preserve="true" />
import { isCrypterer, isKeyLoader, isSyncCrypterer } from './capabilities.js';
import { coded, resultBytes } from './coded-error.js';
import type { Crypterer, CryptOptions, KeyLease, LoadKeysOptions, SyncCrypterer } from './crypterer.js';
import { checkIterable, takeLoadKeysOptions } from './load-keys-call.js';
import { getCrypterer } from './registry.js';
import { SqlcrypterError, unreadable } from './sqlcrypter-error.js';

/** Which crypterer a call uses: an instance, the name of a registered one, or else the default. */
export interface CryptererChoice {
  readonly crypterer?: Crypterer | string | undefined;
}

/** The chosen crypterer. Errors: `NOT_INITIALIZED`, `CONFIG` for what is none, `INVALID_ARGUMENT`. */
export function chooseCrypterer(choice: CryptererChoice | undefined): Crypterer {
  const chosen = readChoice(choice);
  if (chosen === undefined || typeof chosen === 'string') return getCrypterer(chosen);
  if (isCrypterer(chosen)) return chosen;
  throw new SqlcrypterError(
    'CONFIG',
    '`crypterer` is no crypterer. Expected one, the name of a registered one, or nothing for the default.',
  );
}

function readChoice(choice: CryptererChoice | undefined): unknown {
  try {
    return choice?.crypterer;
  } catch (error) {
    throw unreadable(error, 'The options');
  }
}

/** The chosen crypterer's synchronous pair. Errors: `NOT_INITIALIZED`, `UNSUPPORTED`. */
export function chooseSyncCrypterer(choice: CryptererChoice | undefined): Crypterer & SyncCrypterer {
  const chosen = chooseCrypterer(choice);
  if (isSyncCrypterer(chosen)) return chosen;
  throw new SqlcrypterError(
    'UNSUPPORTED',
    `A ${chosen.scheme} crypterer works asynchronously only. Use encrypt() and decrypt().`,
  );
}

/** Encrypts with the chosen or the default crypterer. See {@link Crypterer.encrypt}; also `NOT_INITIALIZED`. */
export function encrypt(plaintext: Uint8Array, options?: CryptOptions & CryptererChoice): Promise<Buffer> {
  return whole(() => chooseCrypterer(options).encrypt(plaintext, options));
}

/** Decrypts with the chosen or the default crypterer. See {@link Crypterer.decrypt}; also `NOT_INITIALIZED`. */
export function decrypt(ciphertext: Uint8Array, options?: CryptOptions & CryptererChoice): Promise<Buffer> {
  return whole(() => chooseCrypterer(options).decrypt(ciphertext, options));
}

/** As {@link encrypt}, at once; `UNSUPPORTED` where the crypterer has no synchronous side. */
export function encryptSync(plaintext: Uint8Array, options?: CryptOptions & CryptererChoice): Buffer {
  return wholeSync(() => chooseSyncCrypterer(options).encryptSync(plaintext, options));
}

/** As {@link decrypt}, at once; `KEY_NOT_LOADED` where the key must be loaded first, `UNSUPPORTED` as above. */
export function decryptSync(ciphertext: Uint8Array, options?: CryptOptions & CryptererChoice): Buffer {
  return wholeSync(() => chooseSyncCrypterer(options).decryptSync(ciphertext, options));
}

/** What a crypterer gives, with a code where it fails. One that was not made by `defineCrypterer` may do as it likes. */
async function whole(call: () => Promise<Buffer>): Promise<Buffer> {
  try {
    return resultBytes(await call());
  } catch (error) {
    throw coded(error);
  }
}

function wholeSync(call: () => Buffer): Buffer {
  try {
    return resultBytes(call());
  } catch (error) {
    throw coded(error);
  }
}

/**
 * Brings the keys of many ciphertexts into memory and holds them there until the lease is disposed, so that
 * `decryptSync` works on them. With a crypterer whose keys are always in memory there is nothing to do, and the lease
 * is empty.
 *
 * Errors: as {@link LoadKeysOptions.onError} says; `UNSUPPORTED` where the crypterer has no synchronous side.
 */
export async function loadKeys(
  ciphertexts: Iterable<Uint8Array>,
  options?: LoadKeysOptions & CryptererChoice,
): Promise<KeyLease> {
  const chosen = chooseCrypterer(options);
  if (isKeyLoader(chosen)) {
    try {
      return await chosen.loadKeys(ciphertexts, options);
    } catch (error) {
      throw coded(error);
    }
  }
  chooseSyncCrypterer({ crypterer: chosen });
  takeLoadKeysOptions(options);
  checkIterable(ciphertexts);
  return emptyLease();
}

/** A lease on nothing. */
export function emptyLease(): KeyLease {
  return { failures: new Map(), dispose: () => undefined, [Symbol.dispose]: () => undefined };
}
