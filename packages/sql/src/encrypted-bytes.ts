/// <reference types="node" preserve="true" />
import { inspect } from 'node:util';
import { SqlcrypterError } from '@sqlcrypter/core';
import { genuineBytes } from '@sqlcrypter/core/provider';
import { kindOf } from './argument-check.js';
import { type Binding, decryptBound, decryptBoundSync, encryptBound, encryptBoundSync } from './binding.js';
import { ciphertextOfJson } from './ciphertext-json.js';
import { ciphertextOf, type DatabaseValue, type OrNull } from './database-value.js';
import {
  bindingFrom,
  bindingNow,
  CALL_OPTIONS,
  type EncryptedBytesCallOptions,
  type EncryptedBytesOptions,
  NOT_BOUND,
  SYNC_OPTIONS,
  takeOptions,
} from './encrypted-bytes-options.js';
import { ENCRYPTED_MARK, isEncryptedBytes, refuseEncrypted } from './encrypted-input.js';
import { bindingOf, makeHandle } from './handle-binding.js';
import { attempt, attemptAsync } from './located-error.js';
import { decodeText, encodeText } from './text-encoding.js';
import { refuseChanges } from './unchangeable.js';

const REDACTED = '[REDACTED]';
const UNSAFE_FACTORIES = ['from', 'of', 'alloc', 'allocUnsafe', 'allocUnsafeSlow', 'concat', 'copyBytesFrom'];

/**
 * An encrypted value: its *ciphertext* as a Buffer, which every driver binds as it is, and which knows how to decrypt
 * itself. It never holds plaintext. `String(value)`, template strings and inspect give `[REDACTED]`, `JSON.stringify`
 * gives base64 of the ciphertext; `toString(encoding)` is Buffer's own, because drivers escape through it.
 *
 * The methods of Buffer that change it in place (`write…`, `fill`, `set`, `swap16`, …) throw `UNSUPPORTED`. JavaScript
 * cannot keep anybody from changing its memory in another way: by an index (`value[0] = 1`), by `buffer`, through a
 * `subarray` or `slice` (which share it), by copying into it, or with a method of Buffer's prototype. A value that was
 * changed does not decrypt: `AUTH_FAILED`, or the error of what its header has become.
 *
 * `subarray` and `slice` give a Buffer, `structuredClone` a Uint8Array: the ciphertext without these abilities.
 */
export class EncryptedBytes extends Buffer {
  /** Not for use: `EncryptedBytes.from('999-00-1234')` would be a *plaintext* Buffer. Throws `INVALID_ARGUMENT`. */
  declare static readonly from: never;
  /** Not for use; throws `INVALID_ARGUMENT`. */
  declare static readonly of: never;
  /** Not for use; throws `INVALID_ARGUMENT`. */
  declare static readonly alloc: never;
  /** Not for use; throws `INVALID_ARGUMENT`. */
  declare static readonly allocUnsafe: never;
  /** Not for use; throws `INVALID_ARGUMENT`. */
  declare static readonly allocUnsafeSlow: never;
  /** Not for use; throws `INVALID_ARGUMENT`. */
  declare static readonly concat: never;
  /** Not for use; throws `INVALID_ARGUMENT`. */
  declare static readonly copyBytesFrom: never;

  static {
    for (const name of UNSAFE_FACTORIES) Object.defineProperty(EncryptedBytes, name, { value: () => refuseFactory() });
    Object.defineProperties(EncryptedBytes, {
      // `instanceof` knows those of another copy of this package, as `is` does.
      [Symbol.hasInstance]: { value: isEncryptedBytes },
      // What `subarray` and `slice` give. Node's Buffer says so by itself, that of Cloudflare Workers does not.
      [Symbol.species]: { value: (Buffer as unknown as { readonly [Symbol.species]: unknown })[Symbol.species] },
    });
    Object.defineProperties(EncryptedBytes.prototype, {
      [ENCRYPTED_MARK]: { value: true },
      [inspect.custom]: { value: () => REDACTED },
      // Buffer's own is its toString, which takes no encoding from here.
      toLocaleString: { value: () => REDACTED },
    });
    refuseChanges(EncryptedBytes.prototype);
  }

  private constructor() {
    super(refuseFactory());
  }

  /**
   * Encrypts a text (as UTF-8) or bytes. The empty string is encrypted too; NULL is for the application to pass on.
   *
   * Errors: as `Crypterer.encrypt`; `INVALID_ARGUMENT` also for a lone surrogate and for what is encrypted already;
   * `CONTEXT_INVALID`, `CONFIG`, `NOT_INITIALIZED`.
   */
  static encrypt(plaintext: string | Uint8Array, options?: EncryptedBytesCallOptions): Promise<EncryptedBytes> {
    return attemptAsync(undefined, async () => {
      const taken = takeOptions(options, CALL_OPTIONS);
      const binding = bindingFrom(taken) ?? NOT_BOUND;
      return wrap(await encryptBound(plaintextBytes(plaintext), binding, taken.signal), binding);
    });
  }

  /** As {@link EncryptedBytes.encrypt}, at once; also `KEY_NOT_LOADED`, `UNSUPPORTED`. */
  static encryptSync(plaintext: string | Uint8Array, options?: EncryptedBytesOptions): EncryptedBytes {
    return attempt(undefined, () => {
      const binding = bindingFrom(takeOptions(options, SYNC_OPTIONS)) ?? NOT_BOUND;
      return wrap(encryptBoundSync(plaintextBytes(plaintext), binding), binding);
    });
  }

  /**
   * Wraps what a driver handed back; null stays null. The bytes are copied, and looked at only when decrypted.
   *
   * Errors: `INVALID_ARGUMENT` for undefined (a column that is missing from the result must not pass for NULL), for text that holds
   * no ciphertext, for a Promise and anything else; `CONTEXT_INVALID`, `CONFIG`.
   */
  static fromDatabase<V extends DatabaseValue | null>(
    value: V,
    options?: EncryptedBytesOptions,
  ): OrNull<V, EncryptedBytes> {
    return wrapRead(value, ciphertextOf, options) as OrNull<V, EncryptedBytes>;
  }

  /**
   * Reads back what `JSON.stringify` made: canonical base64 only; null stays null.
   *
   * Errors: `INVALID_ARGUMENT`, `CONTEXT_INVALID`, `CONFIG`.
   */
  static fromJSON<V extends string | null>(json: V, options?: EncryptedBytesOptions): OrNull<V, EncryptedBytes> {
    return wrapRead(json, ciphertextOfJson, options) as OrNull<V, EncryptedBytes>;
  }

  /** Whether a value is an EncryptedBytes, also one made by another copy of this package. */
  static is(value: unknown): value is EncryptedBytes {
    return isEncryptedBytes(value);
  }

  /**
   * The plaintext's bytes. Context and crypterer are those the value was made with, unless given here; a column's value
   * keeps its column's context.
   *
   * Errors: as `Crypterer.decrypt`; `CONTEXT_INVALID`, `CONFIG`, `NOT_INITIALIZED`.
   */
  decrypt(options?: EncryptedBytesCallOptions): Promise<Buffer> {
    return decryptHandle(this, options, (plaintext) => plaintext);
  }

  /** The plaintext as text, without the padding of a padded column. Errors as `decrypt`; `INVALID_ARGUMENT` if it is not UTF-8. */
  decryptText(options?: EncryptedBytesCallOptions): Promise<string> {
    return decryptHandle(this, options, decodeText);
  }

  /** As `decrypt`, at once; also `KEY_NOT_LOADED`, `UNSUPPORTED`. */
  decryptSync(options?: EncryptedBytesOptions): Buffer {
    return decryptHandleSync(this, options, (plaintext) => plaintext);
  }

  /** As `decryptText`, at once; also `KEY_NOT_LOADED`, `UNSUPPORTED`. */
  decryptTextSync(options?: EncryptedBytesOptions): string {
    return decryptHandleSync(this, options, decodeText);
  }

  /** Without an encoding `[REDACTED]`; with one, that encoding of the ciphertext. Errors: `INVALID_ARGUMENT`. */
  override toString(encoding?: BufferEncoding, start?: number, end?: number): string {
    if (encoding === undefined) return REDACTED;
    if (Buffer.isEncoding(encoding)) return attempt(undefined, () => super.toString(encoding, start, end));
    throw new SqlcrypterError('INVALID_ARGUMENT', 'The encoding is not known. Expected one of Buffer, such as hex.');
  }

  /** Base64 of the ciphertext: a string. */
  // biome-ignore lint/suspicious/noExplicitAny: Buffer promises { type, data } here, and only any is compatible with it.
  override toJSON(): any {
    return super.toString('base64');
  }
}

function wrap(ciphertext: Uint8Array, binding: Binding | undefined): EncryptedBytes {
  return makeHandle(ciphertext, EncryptedBytes.prototype, binding === NOT_BOUND ? undefined : binding);
}

/** A handle of what was read, by one of the ways that it comes back. */
function wrapRead(
  value: unknown,
  read: (value: unknown) => Uint8Array | null,
  options: unknown,
): EncryptedBytes | null {
  return attempt(undefined, () => {
    const binding = bindingFrom(takeOptions(options, SYNC_OPTIONS));
    const ciphertext = read(value);
    return ciphertext === null ? null : wrap(ciphertext, binding);
  });
}

function decryptHandle<R>(handle: EncryptedBytes, options: unknown, read: (plaintext: Buffer) => R): Promise<R> {
  const own = bindingOf(handle) ?? NOT_BOUND;
  return attemptAsync(own.column?.label, async () => {
    const taken = takeOptions(options, CALL_OPTIONS);
    return read(await decryptBound(handle, bindingNow(own, taken), taken.signal));
  });
}

function decryptHandleSync<R>(handle: EncryptedBytes, options: unknown, read: (plaintext: Buffer) => R): R {
  const own = bindingOf(handle) ?? NOT_BOUND;
  return attempt(own.column?.label, () => {
    const taken = takeOptions(options, SYNC_OPTIONS);
    return read(decryptBoundSync(handle, bindingNow(own, taken)));
  });
}

function plaintextBytes(plaintext: unknown): Uint8Array {
  refuseEncrypted(plaintext);
  if (typeof plaintext === 'string') return encodeText(plaintext);
  const bytes = genuineBytes(plaintext);
  if (bytes !== undefined) return bytes;
  const hint = plaintext === null ? ' NULL is not encrypted: pass null to the query as it is.' : '';
  throw new SqlcrypterError(
    'INVALID_ARGUMENT',
    `The plaintext is ${kindOf(plaintext)}. Expected text or a Uint8Array.${hint}`,
  );
}

function refuseFactory(): never {
  throw new SqlcrypterError(
    'INVALID_ARGUMENT',
    'An EncryptedBytes cannot be made like a Buffer: it would hold plaintext, or nothing. Use EncryptedBytes.encrypt(), ' +
      'EncryptedBytes.fromDatabase() or EncryptedBytes.fromJSON().',
  );
}
