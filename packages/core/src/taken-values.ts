/// <reference types="node" preserve="true" />
import { types } from 'node:util';
import type { BatchValues } from './batch-engine/batch-values.js';
import { ByteCopies } from './byte-copies.js';
import type { EncryptionContext } from './crypterer.js';
import { decodeContext, encodeContext } from './encryption-context.js';
import { isGone } from './genuine-bytes.js';
import { givenBytes, notBytes } from './given-bytes.js';
import { SqlcrypterError, unreadable } from './sqlcrypter-error.js';

/** A value to encrypt, and what it is bound to. */
export interface EncryptItem {
  readonly plaintext: Uint8Array;
  readonly context?: EncryptionContext | undefined;
}

/** A value to decrypt, and what it is bound to. */
export interface DecryptItem {
  readonly ciphertext: Uint8Array;
  readonly context?: EncryptionContext | undefined;
}

const MAX_LIST_LENGTH = 2 ** 32 - 1;
const NO_BYTES = new Uint8Array(0);
// Pure, so that bundlers leave out the contexts where they are not used.
const NO_CONTEXT = /* @__PURE__ */ encodeContext(undefined);

/**
 * The values of a batch, taken from the caller's list: every property is read one time, contexts are encoded. That goes on
 * hand in hand with the work, as what was just read is still in the processor's cache, until the batch first waits:
 * before that it calls `keep`, and nothing is the caller's any more.
 */
export class TakenValues implements BatchValues {
  readonly bytes: Uint8Array[] = [];
  readonly contexts: Buffer[] = [];
  /** How many there are, taken or not. */
  readonly length: number;
  readonly #list: readonly object[];
  readonly #what: 'plaintext' | 'ciphertext';
  readonly #fail: (error: SqlcrypterError, index: number) => void;
  #isKept = false;
  #latestEncoded: Buffer | undefined;
  #latestContext: EncryptionContext | undefined;

  /**
   * @param fail is told why a value cannot be taken. It has no bytes here.
   * Errors: `INVALID_ARGUMENT` for what is no list.
   */
  constructor(
    list: readonly EncryptItem[] | readonly DecryptItem[],
    what: 'plaintext' | 'ciphertext',
    fail: (error: SqlcrypterError, index: number) => void,
  ) {
    this.length = lengthOfList(list, what);
    this.#list = list;
    this.#what = what;
    this.#fail = fail;
  }

  /** Takes all values before a position. Errors: `INVALID_ARGUMENT` for an item that is no object. */
  take(to: number): void {
    const what = this.#what;
    const { bytes, contexts } = this;
    for (let index = bytes.length; index < to; index++) {
      const item = itemAt(this.#list, index, what);
      try {
        const value = what === 'plaintext' ? item.plaintext : item.ciphertext;
        const context = encodeContext(item.context);
        if (!types.isUint8Array(value) || isGone(value)) throw notBytes(value, what);
        bytes.push(value);
        contexts.push(context);
      } catch (error) {
        bytes.push(NO_BYTES);
        contexts.push(NO_CONTEXT);
        this.#fail(SqlcrypterError.withDetails(unreadable(error, 'The item'), { index }), index);
      }
    }
  }

  /** The bytes of one value that was taken. Errors: `INVALID_ARGUMENT`. */
  at(index: number): Buffer {
    return givenBytes(this.bytes[index], this.#what);
  }

  /** Its context as it was given, in memory of its own. Neighbours often share one. */
  contextAt(index: number): EncryptionContext | undefined {
    const encoded = this.contexts[index] as Buffer;
    if (encoded !== this.#latestEncoded) {
      this.#latestEncoded = encoded;
      this.#latestContext = decodeContext(encoded);
    }
    return this.#latestContext;
  }

  /** Takes what is left and copies the bytes of every value that has no result yet, once. */
  keep(results: readonly unknown[]): void {
    if (this.#isKept) return;
    this.#isKept = true;
    this.take(this.length);
    const copies = new ByteCopies();
    const { bytes } = this;
    for (let index = 0; index < bytes.length; index++) {
      if (results[index] === undefined) bytes[index] = copies.of(bytes[index] as Uint8Array);
    }
  }
}

/** An item as a caller may have made it. */
interface GivenItem {
  readonly plaintext?: unknown;
  readonly ciphertext?: unknown;
  readonly context?: EncryptionContext | undefined;
}

function lengthOfList(list: unknown, what: 'plaintext' | 'ciphertext'): number {
  let length: unknown;
  try {
    length = Array.isArray(list) ? list.length : undefined;
  } catch (error) {
    throw unreadable(error, 'The list');
  }
  // Only a proxy has another.
  if (Number.isInteger(length) && (length as number) >= 0 && (length as number) <= MAX_LIST_LENGTH) {
    return length as number;
  }
  throw noItems(what);
}

function itemAt(list: readonly unknown[], index: number, what: 'plaintext' | 'ciphertext'): GivenItem {
  let item: unknown;
  try {
    item = list[index];
  } catch (error) {
    throw unreadable(error, 'The list');
  }
  if (item === null || typeof item !== 'object') throw noItems(what);
  return item;
}

function noItems(what: 'plaintext' | 'ciphertext'): SqlcrypterError {
  const name = what === 'plaintext' ? 'encryptMany' : 'decryptMany';
  return new SqlcrypterError(
    'INVALID_ARGUMENT',
    `${name} was not given a list of objects. Expected an array of { ${what}, context? }.`,
  );
}
