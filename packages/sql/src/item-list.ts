/// <reference types="node" preserve="true" />
import { type OnError, SqlcrypterError } from '@sqlcrypter/core';
import { ByteCopies, type Pace } from '@sqlcrypter/core/provider';
import { kindOf } from './argument-check.js';
import { collectOrThrow } from './collect-errors.js';
import type { ColumnFacts } from './column-facts.js';
import type { GivenPlace } from './column-place.js';
import { CELLS_AT_ONCE } from './decrypt-cells.js';
import { located } from './located-error.js';

/** A value, and where it belongs if its column is bound to more than itself. */
export interface PlacedValue {
  readonly value: unknown;
  readonly place: GivenPlace | undefined;
}

/** Makes what core takes of a value. What it keeps of the caller's memory it copies where it is given `copies`. */
export type MakeCell<C> = (item: PlacedValue, index: number, copies: ByteCopies | undefined) => C | undefined;

/** What was read of an item: its cell, if that is made, or else how to make it. */
class Taken<C> {
  readonly cellOf: () => C | undefined;

  constructor(cellOf: () => C | undefined) {
    this.cellOf = cellOf;
  }
}

/**
 * The items of a batch, taken from the caller's list at once, and from then on the results in their places. Values that
 * cannot change are left as they are until their portion's turn. Of all others cells are made, which have memory of their
 * own from the second portion on: the first is core's before anything waits.
 */
export class ItemList<C> {
  /** Null until there is something else. */
  readonly results: unknown[];
  readonly #facts: ColumnFacts;
  readonly #makeCell: MakeCell<C>;
  readonly #onError: OnError | undefined;
  /** Whether the first portion may wait before it is core's: nothing of it is the caller's memory. */
  #mayFirstWait = true;

  /** Errors: `INVALID_ARGUMENT` for what is no list, with an index for an item of another shape than the column needs. */
  constructor(facts: ColumnFacts, items: unknown, makeCell: MakeCell<C>, onError?: OnError) {
    this.#facts = facts;
    this.#makeCell = makeCell;
    this.#onError = onError;
    this.results = ownList(facts, items);
    const copies = new ByteCopies();
    // Values of a column with former labels are read once more after the first wait.
    const firstCopied = facts.formerly.length > 0 ? 0 : CELLS_AT_ONCE;
    for (const [index, item] of this.results.entries()) {
      this.results[index] = this.#takenOf(item, index, index < firstCopied ? undefined : copies);
    }
  }

  /**
   * Takes a portion of the items, leaves null in their places, and gives the cells of all values that are not null, in
   * order. At once where they may have the caller's memory, else slice by slice. Errors have column and index; collected
   * ones are left in their places.
   */
  take(from: number, pace: Pace): C[] | Promise<C[]> {
    const to = Math.min(this.results.length, from + CELLS_AT_ONCE);
    if (from > 0 || this.#mayFirstWait) return this.#takeInTurns(from, to, pace);
    const cells: C[] = [];
    for (let index = from; index < to; index++) this.#takeOne(index, cells);
    return cells;
  }

  async #takeInTurns(from: number, to: number, pace: Pace): Promise<C[]> {
    const cells: C[] = [];
    for (let index = from; index < to; index++) {
      const length = lengthOf(this.results[index]);
      this.#takeOne(index, cells);
      if (pace.isDueAfter(length)) await pace.rest();
    }
    return cells;
  }

  #takeOne(index: number, cells: C[]): void {
    const item = this.results[index];
    this.results[index] = null;
    try {
      const cell =
        item instanceof Taken ? item.cellOf() : this.#cellOf({ value: item, place: undefined }, index, undefined);
      if (cell !== undefined) cells.push(cell as C);
    } catch (error) {
      this.results[index] = collectOrThrow(error, { column: this.#facts.label, index }, this.#onError);
    }
  }

  #takenOf(item: unknown, index: number, copies: ByteCopies | undefined): unknown {
    const placed = this.#placed(item, index);
    const { value, place } = placed;
    if (isFixed(value) && isFixed(place?.row) && isFixed(place?.tenant)) {
      return place === undefined ? value : new Taken(() => this.#cellOf(placed, index, undefined));
    }
    if (copies === undefined) this.#mayFirstWait = false;
    try {
      const cell = this.#cellOf(placed, index, copies);
      return new Taken(() => cell);
    } catch (error) {
      // Its turn comes when those before it have had theirs.
      return new Taken(() => {
        throw error;
      });
    }
  }

  #cellOf(placed: PlacedValue, index: number, copies: ByteCopies | undefined): C | undefined {
    return placed.value === null ? undefined : this.#makeCell(placed, index, copies);
  }

  /** Every property is read once. */
  #placed(item: unknown, index: number): PlacedValue {
    if (this.#facts.bind.length === 0) return { value: item, place: undefined };
    try {
      if (typeof item === 'object' && item !== null && 'value' in item) {
        const { value, row, tenant } = item as { value: unknown } & GivenPlace;
        return { value, place: { row, tenant } };
      }
      throw new SqlcrypterError(
        'INVALID_ARGUMENT',
        `An item is ${kindOf(item)} without a \`value\`. Expected { value, row, tenant } as the column is bound.`,
      );
    } catch (error) {
      throw located(error, { column: this.#facts.label, index });
    }
  }
}

function lengthOf(item: unknown): number {
  return typeof item === 'string' ? item.length : 0;
}

/** Whether nobody can change a value: it is no object. */
function isFixed(value: unknown): boolean {
  return value === null || (typeof value !== 'object' && typeof value !== 'function');
}

function ownList({ label }: ColumnFacts, items: unknown): unknown[] {
  // Not slice(), which would keep the holes of the list as holes.
  if (Array.isArray(items)) return [...items];
  throw located(new SqlcrypterError('INVALID_ARGUMENT', `The batch is ${kindOf(items)}. Expected an array.`), {
    column: label,
  });
}
