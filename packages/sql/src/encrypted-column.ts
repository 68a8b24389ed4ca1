/// <reference types="node" preserve="true" />
import { SqlcrypterError } from '@sqlcrypter/core';
import { type Binding, decryptBound, decryptBoundSync, encryptBound, encryptBoundSync, located } from './binding.js';
import { decryptItems, encryptItems } from './column-batch.js';
import { decodeValue, encodeValue } from './column-codec.js';
import type { EncryptedColumn } from './column-contract.js';
import { columnDdl, type DdlOptions, type Dialect } from './column-ddl.js';
import { columnFacts, type Encoding, type EncryptedColumnOptions } from './column-facts.js';
import { type Bind, bindingAt, bindingOfAll, type ColumnCallOptions, encodePlace, type Place } from './column-place.js';
import { ciphertextOf } from './database-value.js';
import { EncryptedBytes } from './encrypted-bytes.js';
import { bindingOf, makeHandle, prototypeWithBinding } from './handle-binding.js';
import { toStoredText } from './stored-text.js';

type CallPlace = Partial<Place<Bind>> & ColumnCallOptions;

/**
 * Declares an encrypted column. Nothing is looked up until it is used, so columns can be declared at the top of a module.
 *
 * Errors: `CONFIG`.
 */
export function encryptedColumn<T, const B extends Bind = never, E extends Encoding = 'bytes'>(
  options: EncryptedColumnOptions<T, B, E>,
): EncryptedColumn<T, B, E> {
  const facts = columnFacts(options);
  const { label } = facts;
  // Values that are bound to nothing but the column share one binding, and a prototype that carries it.
  const shared = facts.bind.length === 0 ? bindingOfAll(facts) : undefined;
  const prototype =
    shared === undefined ? EncryptedBytes.prototype : prototypeWithBinding(EncryptedBytes.prototype, shared);

  function bindingFor(value: unknown, place: Partial<Place<Bind>> | undefined): Binding {
    if (shared === undefined && place?.row === undefined && place?.tenant === undefined) {
      // A handle of this very column knows where it belongs. One of another column with the same label does not count.
      const own = typeof value === 'object' && value !== null ? bindingOf(value) : undefined;
      if (own?.column === facts) return own;
    }
    if (shared !== undefined && place === undefined) return shared;
    const ids = encodePlace(facts, place);
    return shared ?? bindingAt(facts, ids);
  }

  function wrap(ciphertext: Uint8Array, binding: Binding): EncryptedBytes {
    return makeHandle(ciphertext, prototype, shared === undefined ? binding : undefined);
  }

  function store(ciphertext: Buffer, binding: Binding): EncryptedBytes | string {
    return facts.encoding === 'text' ? toStoredText(ciphertext) : wrap(ciphertext, binding);
  }

  function read(value: unknown): Uint8Array | null {
    try {
      return ciphertextOf(value);
    } catch (error) {
      throw located(error, { column: label });
    }
  }

  const methods = {
    async encrypt(value: T | null, place?: CallPlace) {
      if (value === null) return null;
      const plaintext = encodeValue(facts, value);
      const binding = bindingFor(undefined, place);
      return store(await encryptBound(plaintext, binding, place?.signal), binding);
    },

    encryptSync(value: T | null, place?: CallPlace) {
      if (value === null) return null;
      const plaintext = encodeValue(facts, value);
      const binding = bindingFor(undefined, place);
      return store(encryptBoundSync(plaintext, binding), binding);
    },

    encryptMany: (items: unknown, call?: ColumnCallOptions) => encryptItems(facts, bindingFor, store, items, call),

    async decrypt(value: unknown, place?: CallPlace) {
      const ciphertext = read(value);
      if (ciphertext === null) return null;
      return decodeValue(facts, await decryptBound(ciphertext, bindingFor(value, place), place?.signal));
    },

    decryptSync(value: unknown, place?: CallPlace) {
      const ciphertext = read(value);
      if (ciphertext === null) return null;
      return decodeValue(facts, decryptBoundSync(ciphertext, bindingFor(value, place)));
    },

    decryptMany: (items: unknown, call?: ColumnCallOptions) => decryptItems(facts, bindingFor, items, call),

    fromDatabase(value: unknown, place?: CallPlace) {
      if (facts.encoding === 'text') {
        throw new SqlcrypterError(
          'UNSUPPORTED',
          `The column ${label} stores text, which an EncryptedBytes cannot be bound as. Keep the text, and decrypt() it.`,
          { column: label },
        );
      }
      const ciphertext = read(value);
      return ciphertext === null ? null : wrap(ciphertext, bindingFor(value, place));
    },

    ddl: (dialect: Dialect, ddlOptions?: DdlOptions) => columnDdl(facts, dialect, ddlOptions),
  };
  // The contract's types follow what is bound, stored and null; the methods check the same when they run.
  return Object.freeze({ ...facts, ...methods }) as unknown as EncryptedColumn<T, B, E>;
}
