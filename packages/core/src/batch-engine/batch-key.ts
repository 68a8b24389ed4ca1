/// <reference types="node" preserve="true" />
import type { CounterCipher } from './counter-cipher.js';
import type { GcmModule } from './gcm-module.js';
import { SHARED_HASH, SQUARE_TABLE, SQUARE_TABLE_LENGTH, TABLE, TABLE_LENGTH } from './memory-map.js';

const BLOCK_LENGTH = 16;
/** Keys whose tables are kept at the same time, a megabyte for all. */
const MOST_TABLES = 64;

/** The keys whose tables are kept, in the order in which they came. */
const withTables: WeakRef<BatchKey>[] = [];

/**
 * What the values of a batch have in common: an AES-256-GCM key, and how their frames and authenticated data begin. It
 * belongs to its data key and is gone with it.
 */
export class BatchKey {
  readonly cipher: CounterCipher;
  /** The bytes of a frame before the 12 bytes of its GCM nonce. */
  readonly start: Buffer;
  /** The authenticated data before a value's context. */
  readonly dataBeforeContext: Buffer;
  #uses = 0;
  #table: Buffer | undefined;
  #squareTable: Buffer | undefined;
  #shared: { readonly context: Buffer; readonly hash: Buffer } | undefined;

  constructor(cipher: CounterCipher, start: Buffer, dataBeforeContext: Buffer) {
    this.cipher = cipher;
    this.start = start;
    this.dataBeforeContext = dataBeforeContext;
  }

  /** Puts the table for multiplying by H into the memory; H is at `address`. A table that is wanted twice is kept. */
  loadTable({ bytes, makeTable }: GcmModule, address: number): void {
    this.#uses += 1;
    if (this.#table !== undefined) {
      bytes.set(this.#table, TABLE);
      return;
    }
    makeTable(address);
    if (this.#uses > 1) {
      this.#table = copyOf(bytes, TABLE, TABLE_LENGTH);
      withTables.push(new WeakRef(this));
      const first = withTables.length > MOST_TABLES ? withTables.shift()?.deref() : undefined;
      if (first !== undefined) first.#forgetTables();
    }
  }

  /** Puts the table of the square of H into the memory, after that of H. It is kept where that is. */
  loadSquareTable({ bytes, makeSquareTable }: GcmModule, address: number): void {
    if (this.#squareTable !== undefined) {
      bytes.set(this.#squareTable, SQUARE_TABLE);
      return;
    }
    makeSquareTable(address);
    if (this.#table !== undefined) this.#squareTable = copyOf(bytes, SQUARE_TABLE, SQUARE_TABLE_LENGTH);
  }

  /** Puts the hash of what all values share into the memory, if it is known. */
  loadSharedHash({ bytes }: GcmModule, context: Buffer): boolean {
    if (this.#shared === undefined || !this.#shared.context.equals(context)) return false;
    bytes.set(this.#shared.hash, SHARED_HASH);
    return true;
  }

  /** Keeps the hash in the memory as that of what all values share, which ends with this context. */
  keepSharedHash({ bytes }: GcmModule, context: Buffer): void {
    this.#shared = { context, hash: copyOf(bytes, SHARED_HASH, BLOCK_LENGTH) };
  }

  #forgetTables(): void {
    this.#table?.fill(0);
    this.#squareTable?.fill(0);
    this.#table = undefined;
    this.#squareTable = undefined;
    this.#uses = 0;
  }
}

function copyOf(bytes: Buffer, start: number, length: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(length);
  bytes.copy(copy, 0, start, start + length);
  return copy;
}
