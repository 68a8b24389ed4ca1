import { type EncryptionContext, SqlcrypterError } from '@sqlcrypter/core';
import type { Binding } from './binding.js';
import type { ColumnCallOptions } from './call-options.js';
import type { ColumnFacts } from './column-facts.js';
import { encodeRowId, type RowId } from './row-id.js';

/** What the values of a column may be bound to besides the column itself. */
export type Bind = 'row' | 'tenant';

/** The row and tenant of a value, as far as its column is bound to them. */
export type Place<B extends Bind> = { readonly [K in B]: RowId };

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

/** A place as it was given, each id read once. */
export interface GivenPlace {
  readonly row?: unknown;
  readonly tenant?: unknown;
}

/** Ids in the form that contexts hold. */
export type EncodedIds = { readonly [K in Bind]?: string | Uint8Array | undefined };

/**
 * The ids of a place that the column is bound to, encoded.
 *
 * Errors: `INVALID_ARGUMENT` for one that is missing, not an id, or not among those that the column is bound to.
 */
export function encodePlace(column: ColumnFacts, given: GivenPlace): EncodedIds {
  return { row: encodeId(column, 'row', given.row), tenant: encodeId(column, 'tenant', given.tenant) };
}

/** Refuses ids that the column is not bound to, also where there is no value to bind. Errors: `INVALID_ARGUMENT`. */
export function refuseUnbound(column: ColumnFacts, given: GivenPlace): void {
  for (const option of ['row', 'tenant'] as const) {
    if (given[option] !== undefined && !column.bind.includes(option)) throw notBound(option);
  }
}

function encodeId(column: ColumnFacts, option: Bind, id: unknown): string | Uint8Array | undefined {
  const isBound = column.bind.includes(option);
  if (id !== undefined) {
    if (isBound) return encodeRowId(id, option);
    throw notBound(option);
  }
  if (!isBound) return undefined;
  throw new SqlcrypterError(
    'INVALID_ARGUMENT',
    `The column is bound to its ${option}, which was not given. Expected \`${option}\` with its id.`,
  );
}

function notBound(option: Bind): SqlcrypterError {
  return new SqlcrypterError(
    'INVALID_ARGUMENT',
    `The column is not bound to its ${option}, but one was given. ` +
      `Leave \`${option}\` out, or declare the column with bind: ['${option}'].`,
  );
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
