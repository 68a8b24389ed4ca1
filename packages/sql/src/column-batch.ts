/// <reference types="node" preserve="true" />
import { type Crypterer, type DecryptItem, type EncryptItem, encryptMany, SqlcrypterError } from '@sqlcrypter/core';
import { chooseCrypterer, Pace } from '@sqlcrypter/core/provider';
import { kindOf } from './argument-check.js';
import type { Binding } from './binding.js';
import type { TakenOptions } from './call-options.js';
import { collectOrThrow, readResult, sizeOf } from './collect-errors.js';
import { encodeValue } from './column-codec.js';
import type { ColumnFacts } from './column-facts.js';
import { ciphertextOf } from './database-value.js';
import { CELLS_AT_ONCE, type Cell, CellDecryption, isTextColumn, type Result } from './decrypt-cells.js';
import { crypterFailure, located } from './located-error.js';
import { encryptChannel, tellOutcome } from './value-events.js';

/** What a value is bound to at a place, or at the place that it brings along. */
type BindingFor = (value: unknown, place: object | undefined) => Binding;

interface PlacedValue {
  readonly value: unknown;
  readonly place: object | undefined;
}

interface EncryptCell extends EncryptItem {
  readonly binding: Binding;
  readonly index: number;
}

/** Encrypts a list and gives what `store` makes of the ciphertexts, in order; null stays null in its place. */
export async function encryptItems<T, S>(
  facts: ColumnFacts<T>,
  bindingFor: BindingFor,
  store: (ciphertext: Buffer, binding: Binding) => S,
  items: unknown,
  { signal, engine }: TakenOptions,
): Promise<(S | null)[]> {
  const pace = new Pace();
  const results = ownList(facts, items);
  // Chosen once, and not before there is something to encrypt.
  let crypterer: Crypterer | undefined;
  for (let from = 0; from < results.length; from += CELLS_AT_ONCE) {
    const cells = await takeCells(facts, results, from, pace, ({ value, place }, index): EncryptCell => {
      const plaintext = encodeValue(facts, value as T, index);
      const binding = bindingFor(undefined, place);
      return { plaintext, context: binding.contexts[0], binding, index };
    });
    if (cells.length === 0) continue;
    let ciphertexts: readonly Buffer[];
    try {
      crypterer ??= chooseCrypterer(facts);
      ciphertexts = await encryptMany(cells, { crypterer, signal, engine });
    } catch (error) {
      const at = SqlcrypterError.is(error) && error.index !== undefined ? cells[error.index]?.index : undefined;
      const failure = located(crypterFailure(error), { column: facts.label, index: at });
      tellOutcome(encryptChannel, facts.label, failure.code, cells.length);
      throw failure;
    }
    tellOutcome(encryptChannel, facts.label, 'ok', cells.length);
    for (const [i, { binding, index }] of cells.entries()) {
      const ciphertext = ciphertexts[i] as Buffer;
      results[index] = store(ciphertext, binding);
      if (pace.isDueAfter(ciphertext.length)) await pace.rest();
    }
  }
  return results as (S | null)[];
}

/** Decrypts a list and gives the values in order, or collected errors; null stays null in its place. */
export async function decryptItems<T>(
  facts: ColumnFacts<T>,
  bindingFor: BindingFor,
  items: unknown,
  options: TakenOptions,
): Promise<(T | SqlcrypterError | null)[]> {
  const pace = new Pace();
  const isText = isTextColumn(facts);
  const results = ownList(facts, items);
  const decryption = new CellDecryption(options, pace);
  try {
    for (let from = 0; from < results.length; from += CELLS_AT_ONCE) {
      const cells = await takeCells(facts, results, from, pace, ({ value, place }, index): Cell | undefined => {
        try {
          const ciphertext = ciphertextOf(value);
          if (ciphertext === null) return undefined;
          const binding = bindingFor(value, place);
          return { ciphertext, context: binding.contexts[0], binding, isText, index };
        } catch (error) {
          results[index] = collectOrThrow(error, { column: facts.label, index }, options.onError);
          return undefined;
        }
      });
      const decrypted = await decryption.decrypt(cells).catch((error: unknown) => {
        throw located(error, { column: facts.label });
      });
      for (const [i, { index }] of cells.entries()) {
        const result = decrypted[i] as Result;
        results[index] = readResult(facts, result, index, options.onError);
        if (pace.isDueAfter(sizeOf(result))) await pace.rest();
      }
    }
  } finally {
    decryption.end();
  }
  return results as (T | SqlcrypterError | null)[];
}

/**
 * The items in a list of our own, in which the result of each takes its place: the caller may go on with the list while
 * we wait.
 */
function ownList({ label }: ColumnFacts, items: unknown): unknown[] {
  // Not slice(), which would keep the holes of the list as holes.
  if (Array.isArray(items)) return [...items];
  throw located(new SqlcrypterError('INVALID_ARGUMENT', `The batch is ${kindOf(items)}. Expected an array.`), {
    column: label,
  });
}

/**
 * Takes a portion of the items from the list, leaves null in their places, and gives what is made of every value that is
 * not null, in order. Errors get column and index.
 */
async function takeCells<C extends EncryptItem | DecryptItem>(
  { label, bind }: ColumnFacts,
  list: unknown[],
  from: number,
  pace: Pace,
  cellOf: (item: PlacedValue, index: number) => C | undefined,
): Promise<C[]> {
  const bound = bind.length > 0;
  const to = Math.min(list.length, from + CELLS_AT_ONCE);
  const cells: C[] = [];
  for (let index = from; index < to; index++) {
    const item = list[index];
    list[index] = null;
    let cell: C | undefined;
    try {
      const { value, place } = bound ? placedItem(item) : { value: item, place: undefined };
      cell = value === null ? undefined : cellOf({ value, place }, index);
    } catch (error) {
      throw located(error, { column: label, index });
    }
    if (cell !== undefined) cells.push(cell);
    if (pace.isDueAfter(cell === undefined ? 0 : bytesOf(cell).length)) await pace.rest();
  }
  return cells;
}

function bytesOf(item: EncryptItem | DecryptItem): Uint8Array {
  return 'plaintext' in item ? item.plaintext : item.ciphertext;
}

function placedItem(item: unknown): PlacedValue {
  if (typeof item === 'object' && item !== null && 'value' in item) return { value: item.value, place: item };
  throw new SqlcrypterError(
    'INVALID_ARGUMENT',
    `An item is ${kindOf(item)} without a \`value\`. Expected { value, row, tenant } as the column is bound.`,
  );
}
