/// <reference types="node" preserve="true" />
import { type EncryptItem, encryptMany, SqlcrypterError } from '@sqlcrypter/core';
import { Pace } from '@sqlcrypter/core/provider';
import { checkOptions, kindOf } from './argument-check.js';
import { type Binding, located } from './binding.js';
import { decodeValue, encodeValue } from './column-codec.js';
import type { ColumnFacts } from './column-facts.js';
import type { ColumnCallOptions } from './column-place.js';
import { ciphertextOf } from './database-value.js';
import { type Cell, decryptCells, isTextColumn, type Plaintext } from './decrypt-cells.js';
import { encryptChannel, tellOutcome } from './value-events.js';

/** Values that are looked at before the clock is. */
const VALUES_PER_GLANCE = 256;

const BATCH_OPTIONS = ['signal', 'engine'];

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
  options: ColumnCallOptions | undefined,
): Promise<(S | null)[]> {
  const { label, crypterer } = facts;
  const pace = new Pace();
  const { cells, count } = await cellsOf(facts, items, pace, ({ value, place }, index): EncryptCell => {
    const plaintext = encodeValue(facts, value as T, index);
    const binding = bindingFor(undefined, place);
    return { plaintext, context: binding.contexts[0], binding, index };
  });
  const { signal, engine } = checkOptions(options, 'encryptMany', BATCH_OPTIONS) ?? {};
  const results = new Array<S | null>(count).fill(null);
  if (cells.length === 0) return results;
  const ciphertexts = await encryptMany(cells, { crypterer, signal, engine }).catch((error: unknown) => {
    const at = SqlcrypterError.is(error) && error.index !== undefined ? cells[error.index]?.index : undefined;
    const failure = located(error, { column: label, index: at });
    tellOutcome(encryptChannel, label, failure.code, cells.length);
    throw failure;
  });
  tellOutcome(encryptChannel, label, 'ok', cells.length);
  for (const [i, { binding, index }] of cells.entries()) {
    results[index] = store(ciphertexts[i] as Buffer, binding);
    if (i % VALUES_PER_GLANCE === 0 && pace.isDue) await pace.rest();
  }
  return results;
}

/** Decrypts a list in one batch and gives the values in order; null stays null in its place. */
export async function decryptItems<T>(
  facts: ColumnFacts<T>,
  bindingFor: BindingFor,
  items: unknown,
  options: ColumnCallOptions | undefined,
): Promise<(T | null)[]> {
  const pace = new Pace();
  const isText = isTextColumn(facts);
  const { cells, count } = await cellsOf(facts, items, pace, ({ value, place }, index): Cell | undefined => {
    const ciphertext = ciphertextOf(value);
    if (ciphertext === null) return undefined;
    const binding = bindingFor(value, place);
    return { ciphertext, context: binding.contexts[0], binding, isText, index };
  });
  const plaintexts = await decryptCells(cells, checkOptions(options, 'decryptMany', BATCH_OPTIONS), pace).catch(
    (error: unknown) => {
      throw located(error, { column: facts.label });
    },
  );
  const results = new Array<T | null>(count).fill(null);
  for (const [i, { index }] of cells.entries()) {
    const plaintext = plaintexts[i] as Plaintext;
    // A string is the value of a column of text, decoded already.
    results[index] = typeof plaintext === 'string' ? (plaintext as T) : decodeValue(facts, plaintext, index);
    if (i % VALUES_PER_GLANCE === 0 && pace.isDue) await pace.rest();
  }
  return results;
}

/**
 * What is made of every value that is not null, in order, and the number of items with and without nulls. Errors get
 * column and index.
 */
async function cellsOf<C>(
  { label, bind }: ColumnFacts,
  items: unknown,
  pace: Pace,
  cellOf: (item: PlacedValue, index: number) => C | undefined,
): Promise<{ readonly cells: C[]; readonly count: number }> {
  if (!Array.isArray(items)) {
    throw located(new SqlcrypterError('TYPE', `The batch is ${kindOf(items)}. Expected an array.`), { column: label });
  }
  const bound = bind.length > 0;
  // In its length from the start: a list that grows is copied, which takes long at a million values.
  const count = items.length;
  const cells = new Array<C>(count);
  let cellCount = 0;
  for (let index = 0; index < count; index++) {
    const item: unknown = items[index];
    if (index % VALUES_PER_GLANCE === 0 && pace.isDue) await pace.rest();
    try {
      const { value, place } = bound ? placedItem(item) : { value: item, place: undefined };
      const cell = value === null ? undefined : cellOf({ value, place }, index);
      if (cell !== undefined) cells[cellCount++] = cell;
    } catch (error) {
      throw located(error, { column: label, index });
    }
  }
  cells.length = cellCount;
  return { cells, count };
}

function placedItem(item: unknown): PlacedValue {
  if (typeof item === 'object' && item !== null && 'value' in item) return { value: item.value, place: item };
  throw new SqlcrypterError(
    'TYPE',
    `An item is ${kindOf(item)} without a \`value\`. Expected { value, row, tenant } as the column is bound.`,
  );
}
