import type { SqlcrypterError } from '@sqlcrypter/core';
import type { ColumnDecryptOptions } from './call-options.js';
import type { ColumnFacts } from './column-facts.js';
import type { Bind, NoPlace } from './column-place.js';
import type { RowId } from './row-id.js';

/** Which key of a result row holds which column's value. */
// biome-ignore lint/suspicious/noExplicitAny: columns of every type of value, which is in a position of both kinds.
export type RowColumns = Readonly<Record<string, ColumnFacts<any, Bind>>>;

type BindOfColumn<C> = C extends ColumnFacts<infer _T, infer B> ? B : never;
/** What the columns are bound to, each of them to some of it. */
export type BindOf<C extends RowColumns> = BindOfColumn<C[keyof C]>;
type ValueOf<C> = C extends ColumnFacts<infer T> ? T : never;

/** How the row and the tenant of a value are found in its row, as far as one of the columns is bound to them. */
export type RowPlace<R, B extends Bind> = { readonly [K in B]: (row: R) => RowId };

/** The last argument of a `decryptRows` that collects errors. */
export type CollectRowsArguments<R, B extends Bind> = [B] extends [never]
  ? [options: ColumnDecryptOptions & { readonly onError: 'collect' } & NoPlace<B>]
  : [options: ColumnDecryptOptions & { readonly onError: 'collect' } & RowPlace<R, B> & NoPlace<B>];

/** The last argument of `decryptRows`: required when a column is bound to row or tenant. */
export type RowPlaceArguments<R, B extends Bind> = [B] extends [never]
  ? [options?: ColumnDecryptOptions & { readonly onError?: 'throw' } & NoPlace<B>]
  : [options: ColumnDecryptOptions & { readonly onError?: 'throw' } & RowPlace<R, B> & NoPlace<B>];

/** A row with its encrypted columns as values; null where the row's own type allows it. */
export type DecryptedRow<R, C extends RowColumns> = Omit<R, keyof C> & {
  [K in keyof C]: K extends keyof R ? (null extends R[K] ? ValueOf<C[K]> | null : ValueOf<C[K]>) : ValueOf<C[K]> | null;
};

/** As {@link DecryptedRow}, where each value that failed is its error. */
export type CollectedRow<R, C extends RowColumns> = Omit<R, keyof C> & {
  [K in keyof C]: DecryptedRow<R, C>[K] | SqlcrypterError;
};
