/// <reference types="node" preserve="true" />
import { types } from 'node:util';
import { type Crypterer, type EncryptItem, encryptMany, SqlcrypterError } from '@sqlcrypter/core';
import { type ByteCopies, chooseCrypterer, Pace } from '@sqlcrypter/core/provider';
import type { Binding } from './binding.js';
import type { TakenOptions } from './call-options.js';
import { readResult, sizeOf } from './collect-errors.js';
import { encodeValue } from './column-codec.js';
import type { ColumnFacts } from './column-facts.js';
import type { GivenPlace } from './column-place.js';
import { ciphertextOf } from './database-value.js';
import { CELLS_AT_ONCE, type Cell, CellDecryption, isTextColumn, type Result } from './decrypt-cells.js';
import { ItemList, type PlacedValue } from './item-list.js';
import { crypterFailure, located } from './located-error.js';
import { encryptChannel, tellOutcome } from './value-events.js';

/** What a value is bound to at a place, or at the place that it brings along. */
type BindingFor = (value: unknown, place: GivenPlace | undefined) => Binding;

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
  const list = new ItemList(facts, items, ({ value, place }, index, copies): EncryptCell => {
    const plaintext = encodeValue(facts, value as T, index);
    const binding = bindingFor(undefined, place);
    // A value that is bytes may be its own plaintext.
    const own = copies === undefined || !types.isUint8Array(plaintext) ? plaintext : copies.of(plaintext);
    return { plaintext: own, context: binding.contexts[0], binding, index };
  });
  const { results } = list;
  // Chosen once, and not before there is something to encrypt.
  let crypterer: Crypterer | undefined;
  for (let from = 0; from < results.length; from += CELLS_AT_ONCE) {
    const taken = list.take(from, pace);
    const cells = types.isPromise(taken) ? await taken : taken;
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
  const makeCell = ({ value, place }: PlacedValue, index: number, copies: ByteCopies | undefined): Cell | undefined => {
    const ciphertext = ciphertextOf(value);
    if (ciphertext === null) return undefined;
    const binding = bindingFor(value, place);
    const own = copies === undefined ? ciphertext : copies.of(ciphertext);
    return { ciphertext: own, context: binding.contexts[0], binding, isText, index };
  };
  const list = new ItemList(facts, items, makeCell, options.onError);
  const { results } = list;
  const decryption = new CellDecryption(options, pace);
  try {
    for (let from = 0; from < results.length; from += CELLS_AT_ONCE) {
      const taken = list.take(from, pace);
      const cells = types.isPromise(taken) ? await taken : taken;
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
