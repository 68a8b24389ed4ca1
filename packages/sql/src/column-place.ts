import { type EncryptionContext, type EngineChoice, SqlcrypterError } from '@sqlcrypter/core';
import { checkOptions } from './argument-check.js';
import { type Binding, located } from './binding.js';
import type { ColumnFacts } from './column-facts.js';
import { encodeRowId, type RowId } from './row-id.js';

/** What the values of a column may be bound to besides the column itself. */
export type Bind = 'row' | 'tenant';

/** The row and tenant of a value, as far as its column is bound to them. */
export type Place<B extends Bind> = { readonly [K in B]: RowId };

/** Options of a call on one value or on a batch. */
export interface ColumnCallOptions {
  /** Ends the wait with `ABORTED`. */
  readonly signal?: AbortSignal | undefined;
  /**
   * How a batch is worked on: `auto` (default) takes many values under one key together where that is faster, `node`
   * never. Results and errors are the same.
   */
  readonly engine?: EngineChoice | undefined;
}

/** The row and tenant that a column is not bound to: giving them would be a mistake about what is protected. */
export type NoPlace<B extends Bind> = { readonly [K in Exclude<Bind, B>]?: never };

/** The last argument of a call: required when the column is bound to row or tenant, else optional. */
export type PlaceArguments<B extends Bind, O = ColumnCallOptions> = [B] extends [never]
  ? [options?: O & NoPlace<B>]
  : [options: O & Place<B> & NoPlace<B>];

/** As {@link PlaceArguments}, where the value may bring its place along. */
export type OptionalPlaceArguments<B extends Bind, O = ColumnCallOptions> = [
  options?: O & Partial<Place<B>> & NoPlace<B>,
];

const PLACE_OPTIONS = ['row', 'tenant', 'signal', 'engine'];

type EncodedIds = { readonly [K in Bind]?: string | Uint8Array | undefined };

/**
 * The ids of a place that the column is bound to, encoded.
 *
 * Errors: `INVALID_ARGUMENT` for one that is missing, not an id, or not among those that the column is bound to.
 */
export function encodePlace(column: ColumnFacts, place: object | undefined): EncodedIds {
  // An item of a batch brings its place along, and may be anything else besides.
  const isItem = typeof place === 'object' && place !== null && 'value' in place;
  const given: { readonly [K in Bind]?: unknown } =
    (isItem ? place : checkOptions(place, `The column ${column.label}`, PLACE_OPTIONS)) ?? {};
  for (const option of ['row', 'tenant'] as const) {
    const bound = column.bind.includes(option);
    if (bound === (given[option] !== undefined)) continue;
    throw new SqlcrypterError(
      'INVALID_ARGUMENT',
      bound
        ? `The column ${column.label} is bound to its ${option}, which was not given. Expected \`${option}\` with its id.`
        : `The column ${column.label} is not bound to its ${option}, but one was given. ` +
            `Leave \`${option}\` out, or declare the column with bind: ['${option}'].`,
      { column: column.label },
    );
  }
  try {
    return {
      row: given.row === undefined ? undefined : encodeRowId(given.row, 'row'),
      tenant: given.tenant === undefined ? undefined : encodeRowId(given.tenant, 'tenant'),
    };
  } catch (error) {
    throw located(error, { column: column.label });
  }
}

/** The contexts of a column's values at one place: of its label first, then of its former ones. */
export function bindingAt(column: ColumnFacts, { row, tenant }: EncodedIds): Binding {
  const contextOf = (label: string): EncryptionContext => {
    const context: Record<string, string | Uint8Array> = { c: label };
    if (row !== undefined) context.r = row;
    if (tenant !== undefined) context.tn = tenant;
    return context;
  };
  return {
    crypterer: column.crypterer,
    contexts: [contextOf(column.label), ...column.formerly.map(contextOf)],
    column,
  };
}

/** The binding of all values of a column that is bound to nothing else. Frozen contexts are encoded once. */
export function bindingOfAll(column: ColumnFacts): Binding {
  const binding = bindingAt(column, {});
  for (const context of binding.contexts) Object.freeze(context);
  return binding;
}
