/// <reference types="node" preserve="true" />
import { type Crypterer, decryptMany, type EncryptionContext, SqlcrypterError } from '@sqlcrypter/core';
import { chooseCrypterer } from '@sqlcrypter/core/provider';
import { type Binding, isAuthFailed, located } from './binding.js';
import { decryptChannel, tellOutcomes } from './value-events.js';

/** An encrypted value of a batch, in the shape that core's decryptMany takes. */
export interface Cell {
  readonly ciphertext: Uint8Array;
  /** The first context of the binding. */
  readonly context: EncryptionContext | undefined;
  readonly binding: Binding;
  /** Position of its value or row, for errors. */
  readonly index: number;
}

/**
 * Decrypts cells and gives the plaintexts in order, in one batch for each crypterer; what does not authenticate is tried
 * again under its former contexts, in batches too. Rejects with the first error in order, with column and index.
 */
export async function decryptCells(cells: readonly Cell[], signal: AbortSignal | undefined): Promise<Buffer[]> {
  const results = await decryptOnce(cells, signal);
  for (let attempt = 1; ; attempt++) {
    const positions: number[] = [];
    const retries: Cell[] = [];
    for (const [position, cell] of cells.entries()) {
      const context = cell.binding.contexts[attempt];
      if (context === undefined || !isAuthFailed(results[position])) continue;
      positions.push(position);
      retries.push({ ...cell, context });
    }
    if (retries.length === 0) {
      tellOutcomes(decryptChannel, (position) => cells[position]?.binding.column?.label, results);
      return throwFirst(cells, results);
    }
    const answers = await decryptOnce(retries, signal);
    for (const [retry, answer] of answers.entries()) {
      // Without a context that opens it, the first error stands.
      if (!isAuthFailed(answer)) results[positions[retry] as number] = answer;
    }
  }
}

type Result = Buffer | SqlcrypterError;

async function decryptOnce(cells: readonly Cell[], signal: AbortSignal | undefined): Promise<Result[]> {
  const positionsOf = new Map<Crypterer, number[]>();
  for (const [position, cell] of cells.entries()) {
    const crypterer = cryptererOf(cell);
    const positions = positionsOf.get(crypterer);
    if (positions === undefined) positionsOf.set(crypterer, [position]);
    else positions.push(position);
  }
  const batches = [...positionsOf];
  const [only] = batches;
  if (only !== undefined && batches.length === 1) return batch(cells, only[0], signal);

  const results = new Array<Result>(cells.length);
  await Promise.all(
    batches.map(async ([crypterer, positions]) => {
      const own = positions.map((position) => cells[position] as Cell);
      const answers = await batch(own, crypterer, signal);
      for (const [i, position] of positions.entries()) results[position] = answers[i] as Result;
    }),
  );
  return results;
}

function cryptererOf({ binding, index }: Cell): Crypterer {
  try {
    return chooseCrypterer(binding);
  } catch (error) {
    throw located(error, { column: binding.column?.label, index });
  }
}

async function batch(cells: readonly Cell[], crypterer: Crypterer, signal: AbortSignal | undefined): Promise<Result[]> {
  try {
    return await decryptMany(cells, { crypterer, signal, onError: 'collect' });
  } catch (error) {
    throw located(error, {});
  }
}

function throwFirst(cells: readonly Cell[], results: readonly Result[]): Buffer[] {
  for (const [position, result] of results.entries()) {
    if (!SqlcrypterError.is(result)) continue;
    const { binding, index } = cells[position] as Cell;
    throw located(result, { column: binding.column?.label, index });
  }
  return results as Buffer[];
}
