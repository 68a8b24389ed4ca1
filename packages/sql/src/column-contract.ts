import type { SqlcrypterError } from '@sqlcrypter/core';
import type { ColumnBatchOptions, ColumnDecryptOptions, ColumnSyncOptions } from './call-options.js';
import type { ColumnDdl, DdlOptions, Dialect } from './column-ddl.js';
import type { ColumnFacts, Encoding } from './column-facts.js';
import type { Bind, OptionalPlaceArguments, Place, PlaceArguments } from './column-place.js';
import type { DatabaseValue, OrNull } from './database-value.js';
import type { EncryptedBytes } from './encrypted-bytes.js';
import type { StoredText } from './stored-text.js';

/** What is bound to a query: an {@link EncryptedBytes}, or `sc1.…` text for a column with `encoding: 'text'`. */
export type Stored<E extends Encoding> = E extends 'text' ? StoredText : EncryptedBytes;

/** null where the value may be null, else what is stored for it. */
export type Encrypted<V, E extends Encoding> = V extends null ? null : unknown extends V ? Stored<E> | null : Stored<E>;

/** An item of a batch: the value itself, or with row and tenant beside it where the column is bound to them. */
export type BatchItem<V, B extends Bind> = [B] extends [never] ? V : { readonly value: V } & Place<B>;

/**
 * An encrypted column of a table: turns values into what is bound to a query, and what a driver hands back into values.
 * null is NULL in both directions and is never encrypted; undefined is `INVALID_ARGUMENT`.
 *
 * Calls of a column with `bind` take `{ row, tenant }` as declared; `INVALID_ARGUMENT` without. Errors of all calls carry `column`,
 * the label; in batches also `index`. Beside those of the crypterer there are `INVALID_ARGUMENT` (a value that is not of the
 * column's type, a database value that holds no ciphertext), `PLAINTEXT_TOO_LARGE` and `NOT_INITIALIZED`.
 */
export interface EncryptedColumn<T, B extends Bind = never, E extends Encoding = 'bytes'> extends ColumnFacts<T, B, E> {
  /** Encrypts a value for a query. An `EncryptedBytes` made here knows its context and can decrypt itself. */
  encrypt<V extends T | null>(value: V, ...place: PlaceArguments<B>): Promise<Encrypted<V, E>>;
  /** As `encrypt`, at once; also `KEY_NOT_LOADED`, `UNSUPPORTED`. */
  encryptSync<V extends T | null>(value: V, ...place: PlaceArguments<B, ColumnSyncOptions>): Encrypted<V, E>;
  /**
   * Encrypts many values, in order. A column with `bind` takes `{ value, row, tenant }` for each.
   * Rejects with the first error in order.
   */
  encryptMany<V extends T | null>(
    items: readonly BatchItem<V, B>[],
    options?: ColumnBatchOptions,
  ): Promise<Encrypted<V, E>[]>;

  /**
   * Decrypts what a driver handed back, or an `EncryptedBytes`. One that was made by this column knows its row and
   * tenant; those given here come first. `formerly` labels are tried after `AUTH_FAILED`.
   */
  decrypt<V extends DatabaseValue | null>(value: V, ...place: PlaceArguments<B>): Promise<OrNull<V, T>>;
  decrypt<V extends EncryptedBytes | null>(value: V, ...place: OptionalPlaceArguments<B>): Promise<OrNull<V, T>>;
  /** As `decrypt`, at once; also `KEY_NOT_LOADED`, `UNSUPPORTED`. */
  decryptSync<V extends DatabaseValue | null>(value: V, ...place: PlaceArguments<B, ColumnSyncOptions>): OrNull<V, T>;
  decryptSync<V extends EncryptedBytes | null>(
    value: V,
    ...place: OptionalPlaceArguments<B, ColumnSyncOptions>
  ): OrNull<V, T>;
  /**
   * Decrypts many values, in order, with every distinct key loaded once. Items as in `encryptMany`. Rejects with the
   * first error in order; with `onError: 'collect'` each error stands in the place of its value. For whole rows see
   * `decryptRows`.
   */
  decryptMany<V extends DatabaseValue | null>(
    items: readonly BatchItem<V, B>[],
    options: ColumnDecryptOptions & { readonly onError: 'collect' },
  ): Promise<(OrNull<V, T> | SqlcrypterError)[]>;
  decryptMany<V extends DatabaseValue | null>(
    items: readonly BatchItem<V, B>[],
    options?: ColumnDecryptOptions & { readonly onError?: 'throw' },
  ): Promise<OrNull<V, T>[]>;

  /**
   * Wraps what a driver handed back without decrypting it: cheap, and the value can be bound again unchanged.
   * A column with `encoding: 'text'` binds text, not bytes: `UNSUPPORTED`; keep its text.
   */
  fromDatabase<V extends DatabaseValue | null>(
    value: V,
    ...place: PlaceArguments<B, ColumnSyncOptions>
  ): OrNull<V, EncryptedBytes>;
  /**
   * Reads back what `JSON.stringify` made of an `EncryptedBytes` of this column: canonical base64 only; null stays null.
   * Otherwise as `fromDatabase`.
   */
  fromJSON<V extends string | null>(json: V, ...place: PlaceArguments<B, ColumnSyncOptions>): OrNull<V, EncryptedBytes>;

  /** The column's type and CHECK constraint in SQL. Errors: `CONFIG`. */
  ddl(dialect: Dialect, options?: DdlOptions): ColumnDdl;
}
