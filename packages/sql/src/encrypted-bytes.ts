/// <reference types="node" preserve="true" />
import { inspect, types } from 'node:util';
import { type Crypterer, type EncryptionContext, SqlcrypterError } from '@sqlcrypter/core';
import { encodeContext } from '@sqlcrypter/core/provider';
import { checkCrypterer, checkOptions, kindOf } from './argument-check.js';
import { type Binding, decryptBound, decryptBoundSync, encryptBound, encryptBoundSync } from './binding.js';
import { ciphertextOf, type DatabaseValue, type OrNull } from './database-value.js';
import { ENCRYPTED_MARK, isEncryptedBytes, refuseEncrypted } from './encrypted-input.js';
import { bindingOf, makeHandle } from './handle-binding.js';
import { decodeText, encodeText } from './text-encoding.js';

const REDACTED = '[REDACTED]';
const NOT_BOUND: Binding = { crypterer: undefined, contexts: [undefined], column: undefined };
const CALL_OPTIONS = ['context', 'crypterer', 'signal'];
const RESERVED_NAMES = ['c', 'r', 'tn'];
const UNSAFE_FACTORIES = ['from', 'of', 'alloc', 'allocUnsafe', 'allocUnsafeSlow', 'concat', 'copyBytesFrom'];

/** What an {@link EncryptedBytes} is bound to, and which crypterer serves it. */
export interface EncryptedBytesOptions {
  /**
   * What the value is bound to; the same is needed to decrypt it. The names `c`, `r` and `tn` belong to encrypted
   * columns: `CONTEXT_INVALID`.
   */
  readonly context?: EncryptionContext | undefined;
  /** An instance, or the name of a registered one, looked up when it is used; else the default. */
  readonly crypterer?: Crypterer | string | undefined;
}

/** Options of an asynchronous call. */
export interface EncryptedBytesCallOptions extends EncryptedBytesOptions {
  /** Ends the wait with `ABORTED`. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * An encrypted value: its *ciphertext* as a Buffer, which every driver binds as it is, and which knows how to decrypt
 * itself. It never holds plaintext. `String(value)`, template strings and inspect give `[REDACTED]`, `JSON.stringify`
 * gives base64 of the ciphertext; `toString(encoding)` is Buffer's own, because drivers escape through it.
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
    Object.defineProperties(EncryptedBytes.prototype, {
      [ENCRYPTED_MARK]: { value: true },
      [inspect.custom]: { value: () => REDACTED },
      // Buffer's own is its toString, which takes no encoding from here.
      toLocaleString: { value: () => REDACTED },
    });
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
  static async encrypt(plaintext: string | Uint8Array, options?: EncryptedBytesCallOptions): Promise<EncryptedBytes> {
    const binding = bindingFrom(options) ?? NOT_BOUND;
    return wrap(await encryptBound(plaintextBytes(plaintext), binding, options?.signal), binding);
  }

  /** As {@link EncryptedBytes.encrypt}, at once; also `KEY_NOT_LOADED`, `UNSUPPORTED`. */
  static encryptSync(plaintext: string | Uint8Array, options?: EncryptedBytesOptions): EncryptedBytes {
    const binding = bindingFrom(options) ?? NOT_BOUND;
    return wrap(encryptBoundSync(plaintextBytes(plaintext), binding), binding);
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
    const binding = bindingFrom(options);
    const ciphertext = ciphertextOf(value);
    return (ciphertext === null ? null : wrap(ciphertext, binding)) as OrNull<V, EncryptedBytes>;
  }

  /**
   * Reads back what `JSON.stringify` made: canonical base64 only; null stays null.
   *
   * Errors: `INVALID_ARGUMENT`, `CONTEXT_INVALID`, `CONFIG`.
   */
  static fromJSON<V extends string | null>(json: V, options?: EncryptedBytesOptions): OrNull<V, EncryptedBytes> {
    const binding = bindingFrom(options);
    if (json === null) return null as OrNull<V, EncryptedBytes>;
    const bytes = typeof json === 'string' ? Buffer.from(json, 'base64') : undefined;
    if (bytes === undefined || bytes.length === 0 || bytes.toString('base64') !== json) {
      throw new SqlcrypterError(
        'INVALID_ARGUMENT',
        `EncryptedBytes.fromJSON was given ${bytes === undefined ? kindOf(json) : 'text that is not canonical base64'}. ` +
          'Expected the string that JSON.stringify made of an EncryptedBytes, or null.',
      );
    }
    return wrap(bytes, binding) as OrNull<V, EncryptedBytes>;
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
  async decrypt(options?: EncryptedBytesCallOptions): Promise<Buffer> {
    return decryptBound(this, bindingNow(this, options), options?.signal);
  }

  /** The plaintext as text, without the padding of a padded column. Errors as `decrypt`; `INVALID_ARGUMENT` if it is not UTF-8. */
  async decryptText(options?: EncryptedBytesCallOptions): Promise<string> {
    return decodeText(await this.decrypt(options));
  }

  /** As `decrypt`, at once; also `KEY_NOT_LOADED`, `UNSUPPORTED`. */
  decryptSync(options?: EncryptedBytesOptions): Buffer {
    return decryptBoundSync(this, bindingNow(this, options));
  }

  /** As `decryptText`, at once; also `KEY_NOT_LOADED`, `UNSUPPORTED`. */
  decryptTextSync(options?: EncryptedBytesOptions): string {
    return decodeText(this.decryptSync(options));
  }

  /** Without an encoding `[REDACTED]`; with one, that encoding of the ciphertext. */
  override toString(encoding?: BufferEncoding, start?: number, end?: number): string {
    return encoding === undefined ? REDACTED : super.toString(encoding, start, end);
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

function plaintextBytes(plaintext: unknown): Uint8Array {
  refuseEncrypted(plaintext);
  if (typeof plaintext === 'string') return encodeText(plaintext);
  if (types.isUint8Array(plaintext)) return plaintext;
  const hint = plaintext === null ? ' NULL is not encrypted: pass null to the query as it is.' : '';
  throw new SqlcrypterError(
    'INVALID_ARGUMENT',
    `The plaintext is ${kindOf(plaintext)}. Expected text or a Uint8Array.${hint}`,
  );
}

function bindingFrom(options: EncryptedBytesOptions | undefined): Binding | undefined {
  const { context, crypterer } = checkOptions(options, 'EncryptedBytes', CALL_OPTIONS) ?? {};
  if (context === undefined && crypterer === undefined) return undefined;
  return { crypterer: checkCrypterer(crypterer), contexts: [checkContext(context)], column: undefined };
}

/** The binding that a handle was made with, and what a single call puts in its place. */
function bindingNow(handle: EncryptedBytes, options: EncryptedBytesOptions | undefined): Binding {
  const own = bindingOf(handle) ?? NOT_BOUND;
  const given = bindingFrom(options);
  if (given === undefined) return own;
  if (options?.context !== undefined && own.column !== undefined) {
    throw new SqlcrypterError(
      'CONTEXT_INVALID',
      'This value belongs to an encrypted column, which gives it its context. Leave `context` out, ' +
        "or decrypt with the column's decrypt().",
      { column: own.column.label },
    );
  }
  return {
    crypterer: given.crypterer ?? own.crypterer,
    contexts: options?.context === undefined ? own.contexts : given.contexts,
    column: own.column,
  };
}

/** A frozen copy, so that a value keeps what it is bound to; a frozen object is kept, and its encoding with it. */
function checkContext(context: EncryptionContext | undefined): EncryptionContext | undefined {
  if (context === undefined) return undefined;
  encodeContext(context);
  for (const name of RESERVED_NAMES) {
    if (!Object.hasOwn(context, name)) continue;
    throw new SqlcrypterError(
      'CONTEXT_INVALID',
      `The context has the name "${name}", which encrypted columns use. Expected other names than c, r and tn.`,
    );
  }
  const values = Object.entries(context);
  if (Object.isFrozen(context) && values.every(([, value]) => typeof value === 'string')) return context;
  return Object.freeze(
    Object.fromEntries(
      values.map(([name, value]) => [name, typeof value === 'string' ? value : Uint8Array.from(value)]),
    ),
  );
}

function refuseFactory(): never {
  throw new SqlcrypterError(
    'INVALID_ARGUMENT',
    'An EncryptedBytes cannot be made like a Buffer: it would hold plaintext, or nothing. Use EncryptedBytes.encrypt(), ' +
      'EncryptedBytes.fromDatabase() or EncryptedBytes.fromJSON().',
  );
}
