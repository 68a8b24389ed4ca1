import { SqlcrypterError } from '@sqlcrypter/core';
import { Pace } from '@sqlcrypter/core/provider';
import { checkOptions, kindOf } from './argument-check.js';
import { type Binding, located } from './binding.js';
import { decodeValue } from './column-codec.js';
import type { ColumnFacts } from './column-facts.js';
import { type Bind, bindingAt, bindingOfAll, type ColumnCallOptions } from './column-place.js';
import { ciphertextOf } from './database-value.js';
import { CELLS_AT_ONCE, type Cell, CellDecryption, isTextColumn, type Plaintext } from './decrypt-cells.js';
import { encodeRowId, type RowId } from './row-id.js';

/** Which key of a result row holds which column's value. */
// biome-ignore lint/suspicious/noExplicitAny: columns of every type of value, which is in a position of both kinds.
export type RowColumns = Readonly<Record<string, ColumnFacts<any, Bind>>>;

type BindOf<C> = C extends ColumnFacts<infer _T, infer B> ? B : never;
type ValueOf<C> = C extends ColumnFacts<infer T> ? T : never;

/** How the row and the tenant of a value are found in its row, as far as one of the columns is bound to them. */
export type RowPlace<R, B extends Bind> = { readonly [K in B]: (row: R) => RowId };

/** The last argument of `decryptRows`: required when a column is bound to row or tenant. */
export type RowPlaceArguments<R, B extends Bind> = [B] extends [never]
  ? [options?: ColumnCallOptions & Partial<RowPlace<R, Bind>>]
  : [options: ColumnCallOptions & RowPlace<R, B> & Partial<RowPlace<R, Bind>>];

/** A row with its encrypted columns as values; null where the row's own type allows it. */
export type DecryptedRow<R, C extends RowColumns> = Omit<R, keyof C> & {
  [K in keyof C]: K extends keyof R ? (null extends R[K] ? ValueOf<C[K]> | null : ValueOf<C[K]>) : ValueOf<C[K]> | null;
};

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
 * `INVALID_ARGUMENT` where a row lacks a key, which must not pass for NULL.
 *
 * @param columns result key -> its column.
 * @param place `row` and `tenant` find the ids in a row, called only for rows that have a bound value.
 */
export async function decryptRows<R extends object, const C extends RowColumns>(
  rows: readonly R[],
  columns: C & { readonly [K in Exclude<keyof C, keyof R>]: never },
  ...place: RowPlaceArguments<R, BindOf<C[keyof C]>>
): Promise<DecryptedRow<R, C>[]> {
  if (!Array.isArray(rows))
    throw type(
      `decryptRows was given ${kindOf(rows)}. Expected an array of rows: with pg result.rows, for one row [row].`,
    );
  const options: (ColumnCallOptions & Partial<RowPlace<R, Bind>>) | undefined = checkOptions(place[0], 'decryptRows', [
    'row',
    'tenant',
    'signal',
    'engine',
  ]);
  const idOf: IdReaders<R> = { row: idReader('row', options?.row), tenant: idReader('tenant', options?.tenant) };
  const readers = Object.entries(columns as RowColumns).map(([key, facts]) => readerOf(key, facts, idOf));
  const rowsAtOnce = Math.max(1, Math.floor(CELLS_AT_ONCE / readers.length));
  const pace = new Pace();
  const decryption = new CellDecryption(options, pace);
  // A list of our own, in which the copy of each row takes its place: the caller may go on with the list while we wait.
  // Not slice(), which would keep the holes of the list as holes.
  const results: unknown[] = [...rows];
  try {
    for (let from = 0; from < results.length; from += rowsAtOnce) {
      const to = Math.min(results.length, from + rowsAtOnce);
      const cells: RowCell[] = [];
      for (let index = from; index < to; index++) {
        const source = results[index] as R;
        const row = copyRow(source, index);
        let bytes = 0;
        for (const reader of readers) {
          const cell = cellOf(reader, source, row, index);
          if (cell === undefined) continue;
          cells.push(cell);
          bytes += cell.ciphertext.length;
        }
        results[index] = row;
        if (pace.isDueAfter(bytes)) await pace.rest();
      }
      const plaintexts = await decryption.decrypt(cells);
      for (const [i, { row, key, facts, index }] of cells.entries()) {
        const plaintext = plaintexts[i] as Plaintext;
        row[key] = typeof plaintext === 'string' ? plaintext : decodeValue(facts, plaintext, index);
        if (pace.isDueAfter(plaintext.length)) await pace.rest();
      }
    }
  } finally {
    decryption.end();
  }
  return results as DecryptedRow<R, C>[];
}

/** The value of a column in a row; undefined where it is null. */
function cellOf<R extends object>(
  { key, facts, isText, bindingAtRow }: Reader<R>,
  source: R,
  row: Record<string, unknown>,
  index: number,
): RowCell | undefined {
  try {
    const ciphertext = ciphertextAt(row, key);
    if (ciphertext === null) return undefined;
    const binding = bindingAtRow(source);
    return { ciphertext, context: binding.contexts[0], binding, isText, index, row, key, facts };
  } catch (error) {
    // An error of the application's own functions is none of ours.
    throw SqlcrypterError.is(error) ? located(error, { column: facts.label, index }) : error;
  }
}

/** How one column is read from each row. */
interface Reader<R> {
  readonly key: string;
  readonly facts: ColumnFacts;
  readonly isText: boolean;
  readonly bindingAtRow: (row: R) => Binding;
}

function readerOf<R extends object>(key: string, facts: ColumnFacts, idOf: IdReaders<R>): Reader<R> {
  if (typeof facts?.label !== 'string' || typeof facts.type?.decode !== 'function') {
    throw type(
      `decryptRows was given ${kindOf(facts)} for the key ${JSON.stringify(key)}. Expected an encrypted column.`,
    );
  }
  const isText = isTextColumn(facts);
  if (facts.bind.length === 0) {
    const binding = bindingOfAll(facts);
    return { key, facts, isText, bindingAtRow: () => binding };
  }
  const [byRow, byTenant] = [facts.bind.includes('row'), facts.bind.includes('tenant')];
  return {
    key,
    facts,
    isText,
    bindingAtRow: (row) =>
      bindingAt(facts, { row: byRow ? idOf.row(row) : undefined, tenant: byTenant ? idOf.tenant(row) : undefined }),
  };
}

type IdReaders<R> = { readonly [K in Bind]: (row: R) => string | Uint8Array };

/** Finds an id in a row, once for all columns of the row. */
function idReader<R extends object>(option: Bind, find: unknown): (row: R) => string | Uint8Array {
  let lastRow: R | undefined;
  let lastId: string | Uint8Array = '';
  return (row) => {
    if (row === lastRow) return lastId;
    if (typeof find !== 'function') {
      throw type(`A column is bound to its ${option}. Expected \`${option}\`: a function that finds the id in a row.`);
    }
    lastId = encodeRowId(find(row), option);
    lastRow = row;
    return lastId;
  };
}

function copyRow(row: unknown, index: number): Record<string, unknown> {
  if (typeof row === 'object' && row !== null && !Array.isArray(row)) return { ...row };
  throw located(type(`A row is ${kindOf(row)}. Expected an object with the result's keys.`), { index });
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
