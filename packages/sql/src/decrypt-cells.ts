/// <reference types="node" preserve="true" />
import { type Crypterer, type EncryptionContext, SqlcrypterError } from '@sqlcrypter/core';
import { chooseCrypterer, decryptManyAs, ownBytes, type Pace } from '@sqlcrypter/core/provider';
import { type Binding, isAuthFailed, located } from './binding.js';
import type { ColumnFacts } from './column-facts.js';
import type { ColumnCallOptions } from './column-place.js';
import { decodePlainText, decodeText } from './text-encoding.js';
import { decryptChannel, tellOutcomes } from './value-events.js';

/** Cells that are looked at before the clock is. */
const CELLS_PER_GLANCE = 1024;

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

/**
 * Decrypts cells and gives the plaintexts in order, in one batch for each crypterer; what does not authenticate is tried
 * again under its former contexts, in batches too. Rejects with the first error in order, with column and index.
 */
export async function decryptCells(
  cells: readonly Cell[],
  options: ColumnCallOptions | undefined,
  pace: Pace,
): Promise<Plaintext[]> {
  const results = await decryptOnce(cells, options, pace);
  for (let attempt = 1; ; attempt++) {
    const positions: number[] = [];
    const retries: Cell[] = [];
    let isComplete = true;
    for (const [position, cell] of cells.entries()) {
      if (position % CELLS_PER_GLANCE === 0 && pace.isDue) await pace.rest();
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
      if (!isComplete) throwFirst(cells, results);
      return results as Plaintext[];
    }
    const answers = await decryptOnce(retries, options, pace);
    for (const [retry, answer] of answers.entries()) {
      // Without a context that opens it, the first error stands.
      if (!isAuthFailed(answer)) results[positions[retry] as number] = answer;
    }
  }
}

type Result = Plaintext | SqlcrypterError;

async function decryptOnce(
  cells: readonly Cell[],
  options: ColumnCallOptions | undefined,
  pace: Pace,
): Promise<Result[]> {
  const sole = await soleCrypterer(cells, pace);
  if (sole !== undefined) return batch(cells, sole, options);

  const positionsOf = new Map<Crypterer, number[]>();
  for (const [position, cell] of cells.entries()) {
    if (position % CELLS_PER_GLANCE === 0 && pace.isDue) await pace.rest();
    const crypterer = cryptererOf(cell);
    const positions = positionsOf.get(crypterer);
    if (positions === undefined) positionsOf.set(crypterer, [position]);
    else positions.push(position);
  }
  const results = new Array<Result>(cells.length);
  await Promise.all(
    [...positionsOf].map(async ([crypterer, positions]) => {
      const own = positions.map((position) => cells[position] as Cell);
      const answers = await batch(own, crypterer, options);
      for (const [i, position] of positions.entries()) results[position] = answers[i] as Result;
    }),
  );
  return results;
}

/** The crypterer of all cells, as most often there is one, and so no list of positions to grow. */
async function soleCrypterer(cells: readonly Cell[], pace: Pace): Promise<Crypterer | undefined> {
  let sole: Crypterer | undefined;
  for (const [position, cell] of cells.entries()) {
    if (position % CELLS_PER_GLANCE === 0 && pace.isDue) await pace.rest();
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

async function batch(
  cells: readonly Cell[],
  crypterer: Crypterer,
  options: ColumnCallOptions | undefined,
): Promise<Result[]> {
  const read = (memory: Buffer, start: number, end: number, index: number): Plaintext =>
    (cells[index]?.isText ? decodePlainText(memory, start, end) : undefined) ?? ownBytes(memory, start, end);
  try {
    const { signal, engine } = options ?? {};
    return await decryptManyAs(cells, read, { crypterer, signal, engine, onError: 'collect' });
  } catch (error) {
    throw located(error, {});
  }
}

function throwFirst(cells: readonly Cell[], results: readonly Result[]): void {
  for (const [position, result] of results.entries()) {
    if (!SqlcrypterError.is(result)) continue;
    const { binding, index } = cells[position] as Cell;
    throw located(result, { column: binding.column?.label, index });
  }
}
