/// <reference types="node" preserve="true" />
import { type Crypterer, type EncryptionContext, SqlcrypterError } from '@sqlcrypter/core';
import { BatchDecryption, chooseCrypterer, ownBytes, type Pace, withoutStackTraces } from '@sqlcrypter/core/provider';
import { type Binding, isAuthFailed } from './binding.js';
import type { ColumnDecryptOptions } from './call-options.js';
import type { ColumnFacts } from './column-facts.js';
import { explained } from './explained-error.js';
import { crypterFailure, located } from './located-error.js';
import { decodePlainText, decodeText } from './text-encoding.js';
import { decryptChannel, tellOutcomes } from './value-events.js';

/**
 * Cells that are made and decrypted before the next: enough for those under one key to meet, few for one turn. Core looks
 * at as many together; a few more would be a part of their own.
 */
export const CELLS_AT_ONCE = 16_384;

/** An encrypted value of a batch, in the shape that core's decryptMany takes. */
export interface Cell {
  readonly ciphertext: Uint8Array;
  /** The first context of the binding. */
  readonly context: EncryptionContext | undefined;
  readonly binding: Binding;
  /** Whether its plaintext is text, which needs no Buffer on the way to a string. */
  readonly isText: boolean;
  /** Position of its value or row, for errors. */
  readonly index: number;
}

/** Whether the values of a column are strings as this package encodes them. */
export function isTextColumn({ type }: ColumnFacts): boolean {
  return type.decode === (decodeText as unknown);
}

/** A decrypted value: text, or else the plaintext for the column's type to decode. */
export type Plaintext = string | Buffer;

/** What became of a cell: its plaintext, or with `onError: 'collect'` the error of it. */
export type Result = Plaintext | SqlcrypterError;

/** Decrypts the cells of a batch in portions of {@link CELLS_AT_ONCE}, under keys that are kept until the end. */
export class CellDecryption {
  readonly #options: ColumnDecryptOptions;
  readonly #pace: Pace;
  readonly #decryptions = new Map<Crypterer, BatchDecryption>();

  /** @param pace of the whole batch. */
  constructor(options: ColumnDecryptOptions, pace: Pace) {
    this.#options = options;
    this.#pace = pace;
  }

  /**
   * Gives the plaintexts of a portion in order, decrypted together for each crypterer; what does not authenticate is
   * tried again under its former contexts, together too. Errors have column and index. Rejects with the first in order,
   * or with `onError: 'collect'` gives each in its place.
   */
  async decrypt(cells: readonly Cell[]): Promise<Result[]> {
    const results = await this.#decryptOnce(cells);
    for (let attempt = 1; ; attempt++) {
      const positions: number[] = [];
      const retries: Cell[] = [];
      let isComplete = true;
      for (const [position, cell] of cells.entries()) {
        const result = results[position];
        if (typeof result === 'string' || Buffer.isBuffer(result)) continue;
        isComplete = false;
        const context = cell.binding.contexts[attempt];
        if (context === undefined || !isAuthFailed(result)) continue;
        positions.push(position);
        retries.push({ ...cell, context });
      }
      if (retries.length === 0) {
        tellOutcomes(decryptChannel, (position) => cells[position]?.binding.column?.label, results);
        if (!isComplete) this.#settleErrors(cells, results);
        return results;
      }
      const answers = await this.#decryptOnce(retries);
      for (const [retry, answer] of answers.entries()) {
        // Without a context that opens it, the first error stands.
        if (!isAuthFailed(answer)) results[positions[retry] as number] = answer;
      }
    }
  }

  /** Gives the keys back. */
  end(): void {
    for (const decryption of this.#decryptions.values()) decryption.end();
  }

  #settleErrors(cells: readonly Cell[], results: Result[]): void {
    const { onError } = this.#options;
    for (let position = 0; position < results.length; position++) {
      const result = results[position];
      if (!SqlcrypterError.is(result)) continue;
      const { ciphertext, binding, index } = cells[position] as Cell;
      const settle = () => located(explained(result, ciphertext), { column: binding.column?.label, index });
      // A signal ends the batch, whatever becomes of errors.
      if (onError !== 'collect' || result.code === 'ABORTED') throw settle();
      results[position] = withoutStackTraces(settle);
    }
  }

  async #decryptOnce(cells: readonly Cell[]): Promise<Result[]> {
    const sole = soleCrypterer(cells);
    if (sole !== undefined) return this.#decryptUnder(sole, cells);

    const positionsOf = new Map<Crypterer, number[]>();
    for (const [position, cell] of cells.entries()) {
      const crypterer = cryptererOf(cell);
      const positions = positionsOf.get(crypterer);
      if (positions === undefined) positionsOf.set(crypterer, [position]);
      else positions.push(position);
    }
    const results = new Array<Result>(cells.length);
    const works = [...positionsOf].map(async ([crypterer, positions]) => {
      const own = positions.map((position) => cells[position] as Cell);
      const answers = await this.#decryptUnder(crypterer, own);
      for (const [i, position] of positions.entries()) results[position] = answers[i] as Result;
    });
    // Whoever gives the keys back then must find nobody at work, so one that fails does not end the wait for others.
    await Promise.allSettled(works);
    await Promise.all(works);
    return results;
  }

  async #decryptUnder(crypterer: Crypterer, cells: readonly Cell[]): Promise<Result[]> {
    const read = (memory: Buffer, start: number, end: number, index: number): Plaintext =>
      (cells[index]?.isText ? decodePlainText(memory, start, end) : undefined) ?? ownBytes(memory, start, end);
    try {
      return await this.#decryptionUnder(crypterer).decrypt(cells, read);
    } catch (error) {
      throw crypterFailure(error);
    }
  }

  #decryptionUnder(crypterer: Crypterer): BatchDecryption {
    const begun = this.#decryptions.get(crypterer);
    if (begun !== undefined) return begun;
    const { signal, engine } = this.#options;
    const decryption = new BatchDecryption({ crypterer, signal, engine, onError: 'collect' }, this.#pace);
    this.#decryptions.set(crypterer, decryption);
    return decryption;
  }
}

/** The crypterer of all cells, as most often there is one, and so no lists to divide and to join. */
function soleCrypterer(cells: readonly Cell[]): Crypterer | undefined {
  let sole: Crypterer | undefined;
  for (const cell of cells) {
    const crypterer = cryptererOf(cell);
    sole ??= crypterer;
    if (crypterer !== sole) return undefined;
  }
  return sole;
}

function cryptererOf({ binding, index }: Cell): Crypterer {
  try {
    return chooseCrypterer(binding);
  } catch (error) {
    throw located(error, { column: binding.column?.label, index });
  }
}
