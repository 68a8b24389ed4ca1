/// <reference types="node" preserve="true" />
import { SqlcrypterError } from '@sqlcrypter/core';
import { type Binding, decryptBound, decryptBoundSync, encryptBound, encryptBoundSync } from './binding.js';
import {
  CALL_OPTIONS,
  DECRYPT_MANY_OPTIONS,
  ENCRYPT_MANY_OPTIONS,
  SYNC_OPTIONS,
  type TakenOptions,
  takeOptions,
} from './call-options.js';
import { ciphertextOfJson } from './ciphertext-json.js';
import { decryptItems, encryptItems } from './column-batch.js';
import { decodeValue, encodeValue } from './column-codec.js';
import type { EncryptedColumn } from './column-contract.js';
import { columnDdl, type DdlOptions, type Dialect } from './column-ddl.js';
import { columnFacts, type Encoding, type EncryptedColumnOptions } from './column-facts.js';
import { type Bind, bindingAt, bindingOfAll, encodePlace, type GivenPlace, refuseUnbound } from './column-place.js';
import { ciphertextOf } from './database-value.js';
import { EncryptedBytes } from './encrypted-bytes.js';
import { bindingOf, makeHandle, prototypeWithBinding } from './handle-binding.js';
import { attempt, attemptAsync, attemptDeclaration } from './located-error.js';
import { toStoredText } from './stored-text.js';

/**
 * Declares an encrypted column. Nothing is looked up until it is used, so columns can be declared at the top of a module.
 *
 * Errors: `CONFIG`.
 */
export function encryptedColumn<T, const B extends Bind = never, E extends Encoding = 'bytes'>(
  options: EncryptedColumnOptions<T, B, E>,
): EncryptedColumn<T, B, E> {
  const facts = attemptDeclaration(() => columnFacts(options));
  const { label } = facts;
  // Values that are bound to nothing but the column share one binding, and a prototype that carries it.
  const shared = facts.bind.length === 0 ? bindingOfAll(facts) : undefined;
  const prototype =
    shared === undefined ? EncryptedBytes.prototype : prototypeWithBinding(EncryptedBytes.prototype, shared);

  function bindingFor(value: unknown, { row, tenant }: GivenPlace = {}): Binding {
    if (row === undefined && tenant === undefined) {
      if (shared !== undefined) return shared;
      // A handle of this very column knows where it belongs. One of another column with the same label does not count.
      const own = bindingOf(value);
      if (own?.column === facts) return own;
    }
    const ids = encodePlace(facts, { row, tenant });
    return shared ?? bindingAt(facts, ids);
  }

  function takePlace(options: unknown, call: string, names: readonly string[]): TakenOptions {
    const taken = takeOptions(options, call, names);
    refuseUnbound(facts, taken);
    return taken;
  }

  function wrap(ciphertext: Uint8Array, binding: Binding): EncryptedBytes {
    return makeHandle(ciphertext, prototype, shared === undefined ? binding : undefined);
  }

  /** A handle of what was read, by one of the ways that it comes back. */
  function wrapRead(value: unknown, read: (value: unknown) => Uint8Array | null, options: unknown, call: string) {
    return attempt(label, () => {
      const place = takePlace(options, call, SYNC_OPTIONS);
      if (facts.encoding === 'text') {
        throw new SqlcrypterError(
          'UNSUPPORTED',
          'The column stores text, which an EncryptedBytes cannot be bound as. Keep the text, and decrypt() it.',
        );
      }
      const ciphertext = read(value);
      return ciphertext === null ? null : wrap(ciphertext, bindingFor(value, place));
    });
  }

  function store(ciphertext: Buffer, binding: Binding): EncryptedBytes | string {
    return facts.encoding === 'text' ? toStoredText(ciphertext) : wrap(ciphertext, binding);
  }

  const methods = {
    encrypt: (value: T | null, options?: unknown) =>
      attemptAsync(label, async () => {
        const place = takePlace(options, 'encrypt', CALL_OPTIONS);
        if (value === null) return null;
        const plaintext = encodeValue(facts, value);
        const binding = bindingFor(undefined, place);
        return store(await encryptBound(plaintext, binding, place.signal), binding);
      }),

    encryptSync: (value: T | null, options?: unknown) =>
      attempt(label, () => {
        const place = takePlace(options, 'encryptSync', SYNC_OPTIONS);
        if (value === null) return null;
        const plaintext = encodeValue(facts, value);
        const binding = bindingFor(undefined, place);
        return store(encryptBoundSync(plaintext, binding), binding);
      }),

    encryptMany: (items: unknown, options?: unknown) =>
      attemptAsync(label, () =>
        encryptItems(facts, bindingFor, store, items, takeOptions(options, 'encryptMany', ENCRYPT_MANY_OPTIONS)),
      ),

    decrypt: (value: unknown, options?: unknown) =>
      attemptAsync(label, async () => {
        const place = takePlace(options, 'decrypt', CALL_OPTIONS);
        const ciphertext = ciphertextOf(value);
        if (ciphertext === null) return null;
        return decodeValue(facts, await decryptBound(ciphertext, bindingFor(value, place), place.signal));
      }),

    decryptSync: (value: unknown, options?: unknown) =>
      attempt(label, () => {
        const place = takePlace(options, 'decryptSync', SYNC_OPTIONS);
        const ciphertext = ciphertextOf(value);
        if (ciphertext === null) return null;
        return decodeValue(facts, decryptBoundSync(ciphertext, bindingFor(value, place)));
      }),

    decryptMany: (items: unknown, options?: unknown) =>
      attemptAsync(label, () =>
        decryptItems(facts, bindingFor, items, takeOptions(options, 'decryptMany', DECRYPT_MANY_OPTIONS)),
      ),

    fromDatabase: (value: unknown, options?: unknown) => wrapRead(value, ciphertextOf, options, 'fromDatabase'),
    fromJSON: (json: unknown, options?: unknown) => wrapRead(json, ciphertextOfJson, options, 'fromJSON'),

    ddl: (dialect: Dialect, options?: DdlOptions) => attempt(label, () => columnDdl(facts, dialect, options)),
  };
  // The contract's types follow what is bound, stored and null; the methods check the same when they run.
  return Object.freeze({ ...facts, ...methods }) as unknown as EncryptedColumn<T, B, E>;
}
