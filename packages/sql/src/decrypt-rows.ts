import { types } from 'node:util';
import { type OnError, SqlcrypterError } from '@sqlcrypter/core';
import { ByteCopies, Pace } from '@sqlcrypter/core/provider';
import { kindOf } from './argument-check.js';
import type { Binding } from './binding.js';
import { ROWS_OPTIONS, type TakenOptions, takeOptions } from './call-options.js';
import { collectOrThrow, readResult, sizeOf } from './collect-errors.js';
import type { ColumnFacts } from './column-facts.js';
import { bindingAt, bindingOfAll, type EncodedIds } from './column-place.js';
import { ciphertextOf } from './database-value.js';
import { CELLS_AT_ONCE, type Cell, CellDecryption, isTextColumn, type Result } from './decrypt-cells.js';
import { attemptAsync, located } from './located-error.js';
import type {
  BindOf,
  CollectedRow,
  CollectRowsArguments,
  DecryptedRow,
  RowColumns,
  RowPlaceArguments,
} from './row-contract.js';
import { type IdReaders, idReaders } from './row-id-reader.js';

interface RowCell extends Cell {
  readonly row: Record<string, unknown>;
  readonly key: string;
  readonly facts: ColumnFacts;
}

/**
 * Decrypts the encrypted columns of result rows, in one batch with every distinct key loaded once, and gives new rows:
 * the given ones are not changed, and what is not named is kept as it is. NULL becomes null.
 *
 * Rejects with the first error in order, with `column` and `index` (of the row): those of the columns' `decrypt`, and
 * `INVALID_ARGUMENT` where a row lacks a key, which must not pass for NULL, where a function for `row` or `tenant`
 * throws, and where one is given that no column is bound to.
 *
 * With `onError: 'collect'` each value that fails is a `SqlcrypterError` with `column` and `index` in its place in the
 * row, and the others are decrypted. What is wrong with the call itself still rejects: its options, a row that is no
 * object, `NOT_INITIALIZED`, `ABORTED`.
 *
 * @param columns result key -> its column.
 * @param place `row` and `tenant` find the ids in a row, called only for rows that have a bound value.
 */
export function decryptRows<R extends object, const C extends RowColumns>(
  rows: readonly R[],
  columns: C & { readonly [K in Exclude<keyof C, keyof R>]: never },
  ...place: CollectRowsArguments<R, BindOf<C>>
): Promise<CollectedRow<R, C>[]>;
export function decryptRows<R extends object, const C extends RowColumns>(
  rows: readonly R[],
  columns: C & { readonly [K in Exclude<keyof C, keyof R>]: never },
  ...place: RowPlaceArguments<R, BindOf<C>>
): Promise<DecryptedRow<R, C>[]>;
export function decryptRows(rows: unknown, columns: RowColumns, options?: unknown): Promise<unknown[]> {
  return attemptAsync(undefined, () => readRows(rows, columns, takeOptions(options, 'decryptRows', ROWS_OPTIONS)));
}

async function readRows(rows: unknown, columns: RowColumns, options: TakenOptions): Promise<unknown[]> {
  if (!Array.isArray(rows))
    throw type(
      `decryptRows was given ${kindOf(rows)}. Expected an array of rows: with pg result.rows, for one row [row].`,
    );
  if (typeof columns !== 'object' || columns === null) {
    throw type(`decryptRows was given ${kindOf(columns)} for the columns. Expected an object, { key: column }.`);
  }
  const { onError } = options;
  const idOf = idReaders(options, Object.values(columns));
  const readers = Object.entries(columns).map(([key, facts]) => readerOf(key, facts, idOf));
  const pace = new Pace();
  const decryption = new CellDecryption(options, pace);
  const rowsAtOnce = Math.max(1, Math.floor(CELLS_AT_ONCE / readers.length));
  const results = takeRows(rows, readers, rowsAtOnce);
  try {
    for (let from = 0; from < results.length; from += rowsAtOnce) {
      const to = Math.min(results.length, from + rowsAtOnce);
      const cells: RowCell[] = [];
      for (let index = from; index < to; index++) {
        const row = results[index] as Record<string, unknown>;
        for (const reader of readers) {
          const cell = cellOf(reader, row, index, onError);
          if (cell !== undefined) cells.push(cell);
        }
        // The first portion may still be the caller's memory.
        if (from > 0 && pace.isDueAfter(0)) await pace.rest();
      }
      const decrypted = await decryption.decrypt(cells);
      for (const [i, { row, key, facts, index }] of cells.entries()) {
        const result = decrypted[i] as Result;
        row[key] = readResult(facts, result, index, onError);
        if (pace.isDueAfter(sizeOf(result))) await pace.rest();
      }
    }
  } finally {
    decryption.end();
  }
  return results;
}

/**
 * Copies of all rows, and the ids of bound values, before anything waits: the caller may go on with the rows then. What
 * is read later has memory of its own: all but the first portion, and values that may be tried under former labels.
 */
function takeRows(rows: readonly unknown[], readers: readonly Reader[], rowsAtOnce: number): Record<string, unknown>[] {
  const results: Record<string, unknown>[] = [];
  const copies = new ByteCopies();
  for (const [index, source] of rows.entries()) {
    const row = copyRow(source, index);
    results.push(row);
    for (const { key, facts, takeIds } of readers) {
      const value = row[key];
      if (value === null || value === undefined) continue;
      takeIds(source as object, index);
      if (index < rowsAtOnce && facts.formerly.length === 0) continue;
      if (types.isUint8Array(value)) row[key] = copies.of(value);
      else if (types.isAnyArrayBuffer(value)) row[key] = copies.of(new Uint8Array(value));
    }
  }
  return results;
}

/** The cell of a column in a row; undefined where it is null, or where its error was put in its place. */
function cellOf(
  { key, facts, isText, bindingAtRow }: Reader,
  row: Record<string, unknown>,
  index: number,
  onError: OnError | undefined,
): RowCell | undefined {
  try {
    const ciphertext = ciphertextAt(row, key);
    if (ciphertext === null) return undefined;
    const binding = bindingAtRow(index);
    return { ciphertext, context: binding.contexts[0], binding, isText, index, row, key, facts };
  } catch (error) {
    row[key] = collectOrThrow(error, { column: facts.label, index }, onError);
    return undefined;
  }
}

/** How one column is read from each row. */
interface Reader {
  readonly key: string;
  readonly facts: ColumnFacts;
  readonly isText: boolean;
  /** Finds the ids that a value of a row is bound to. */
  readonly takeIds: (row: object, index: number) => void;
  /** What a value is bound to, from the ids that were taken. Errors: those of finding them. */
  readonly bindingAtRow: (index: number) => Binding;
}

function readerOf(key: string, facts: ColumnFacts, idOf: IdReaders): Reader {
  if (typeof facts?.label !== 'string' || typeof facts.type?.decode !== 'function') {
    throw type(
      `decryptRows was given ${kindOf(facts)} for the key ${JSON.stringify(key)}. Expected an encrypted column.`,
    );
  }
  const isText = isTextColumn(facts);
  if (facts.bind.length === 0) {
    const binding = bindingOfAll(facts);
    return { key, facts, isText, takeIds: () => undefined, bindingAtRow: () => binding };
  }
  const [byRow, byTenant] = [facts.bind.includes('row'), facts.bind.includes('tenant')];
  const ids: EncodedIds[] = [];
  const failures = new Map<number, unknown>();
  return {
    key,
    facts,
    isText,
    takeIds(row, index) {
      try {
        ids[index] = {
          row: byRow ? idOf.row(row, index) : undefined,
          tenant: byTenant ? idOf.tenant(row, index) : undefined,
        };
      } catch (error) {
        // It is the error of this value, in its turn.
        failures.set(index, error);
      }
    },
    bindingAtRow(index) {
      if (failures.has(index)) throw failures.get(index);
      return bindingAt(facts, ids[index] as EncodedIds);
    },
  };
}

function copyRow(row: unknown, index: number): Record<string, unknown> {
  try {
    if (typeof row === 'object' && row !== null && !Array.isArray(row)) return { ...row };
    throw type(`A row is ${kindOf(row)}. Expected an object with the result's keys.`);
  } catch (error) {
    throw located(error, { index });
  }
}

function ciphertextAt(row: Record<string, unknown>, key: string): Uint8Array | null {
  const value = row[key];
  if (value !== undefined) return ciphertextOf(value);
  throw type(
    `The row has no ${JSON.stringify(key)}, which was to be decrypted. Select it, or look under the name it has in the ` +
      'result; NULL would be null.',
  );
}

function type(message: string): SqlcrypterError {
  return new SqlcrypterError('INVALID_ARGUMENT', message);
}
