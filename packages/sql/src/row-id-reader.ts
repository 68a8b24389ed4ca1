import { SqlcrypterError } from '@sqlcrypter/core';
import { causeOf } from '@sqlcrypter/core/provider';
import { kindOf } from './argument-check.js';
import type { ColumnFacts } from './column-facts.js';
import type { Bind } from './column-place.js';
import { encodeRowId } from './row-id.js';

/** Finds the ids of a row at a position, each once for all columns. */
export type IdReaders = { readonly [K in Bind]: (row: object, index: number) => string | Uint8Array };

/**
 * Readers of the ids that columns are bound to, by the functions that the caller gave.
 *
 * Errors: `INVALID_ARGUMENT` for what is no function, and for one that none of the columns has a use for.
 */
export function idReaders(find: { readonly [K in Bind]?: unknown }, columns: readonly ColumnFacts[]): IdReaders {
  return { row: idReader('row', find.row, columns), tenant: idReader('tenant', find.tenant, columns) };
}

function idReader(option: Bind, find: unknown, columns: readonly ColumnFacts[]): IdReaders[Bind] {
  if (find !== undefined && !isFunction(find)) {
    throw invalid(`\`${option}\` is ${kindOf(find)}. Expected a function that finds the id in a row.`);
  }
  if (find !== undefined && !columns.some((column) => column?.bind?.includes(option))) {
    throw invalid(
      `None of the columns is bound to its ${option}, but a function for it was given. ` +
        `Leave \`${option}\` out, or declare the column with bind: ['${option}'].`,
    );
  }
  let lastIndex = -1;
  let lastId: string | Uint8Array = '';
  return (row, index) => {
    // By its position: a row object may be used again for the next row.
    if (index === lastIndex) return lastId;
    if (find === undefined) {
      throw invalid(
        `The column is bound to its ${option}. Expected \`${option}\`: a function that finds the id in a row.`,
      );
    }
    lastId = encodeRowId(call(find, option, row), option);
    lastIndex = index;
    return lastId;
  };
}

function isFunction(value: unknown): value is (row: object) => unknown {
  return typeof value === 'function';
}

function call(find: (row: object) => unknown, option: Bind, row: object): unknown {
  try {
    return find(row);
  } catch (error) {
    if (SqlcrypterError.is(error)) throw error;
    throw new SqlcrypterError(
      'INVALID_ARGUMENT',
      `The function \`${option}\` threw an error for a row. The message of that error is left out because it may quote a ` +
        "value; its name is this error's cause.",
      { cause: causeOf(error) },
    );
  }
}

function invalid(message: string): SqlcrypterError {
  return new SqlcrypterError('INVALID_ARGUMENT', message);
}
