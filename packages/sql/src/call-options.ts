import { type EngineChoice, type OnError, SqlcrypterError } from '@sqlcrypter/core';
import { checkOptions, kindOf } from './argument-check.js';

/** Options of an asynchronous call on one value. */
export interface ColumnCallOptions {
  /** Ends the wait with `ABORTED`. */
  readonly signal?: AbortSignal | undefined;
}

/** A synchronous call has no options of its own: nothing can end it. */
export interface ColumnSyncOptions {
  readonly signal?: never;
}

/** Options of a call on a batch. */
export interface ColumnBatchOptions extends ColumnCallOptions {
  /**
   * `auto` (default) works on many values under one key together where that is faster, `node` never does. Results and
   * errors are the same.
   */
  readonly engine?: EngineChoice | undefined;
}

/** Options of a batch that decrypts. */
export interface ColumnDecryptOptions extends ColumnBatchOptions {
  /**
   * `throw` (default) rejects with the first error. `collect` puts a `SqlcrypterError` in the place of each value that
   * fails, with `column` and `index`, and decrypts the others.
   */
  readonly onError?: OnError | undefined;
}

/** The names of options that the calls take. */
export const SYNC_OPTIONS: readonly string[] = ['row', 'tenant'];
export const CALL_OPTIONS: readonly string[] = [...SYNC_OPTIONS, 'signal'];
export const ENCRYPT_MANY_OPTIONS: readonly string[] = ['signal', 'engine'];
export const DECRYPT_MANY_OPTIONS: readonly string[] = [...ENCRYPT_MANY_OPTIONS, 'onError'];
export const ROWS_OPTIONS: readonly string[] = [...SYNC_OPTIONS, ...DECRYPT_MANY_OPTIONS];

/** Options that were read once and checked, `row` and `tenant` excepted. */
export interface TakenOptions extends ColumnDecryptOptions {
  readonly row?: unknown;
  readonly tenant?: unknown;
}

const NO_OPTIONS: TakenOptions = {};

/**
 * Reads the options of a call, also where it has nothing to do: a mistake in them shows with the first call.
 *
 * Errors: `INVALID_ARGUMENT`, `CONFIG` (`engine`, `onError`), `ABORTED`.
 */
export function takeOptions(options: unknown, call: string, names: readonly string[]): TakenOptions {
  const given: TakenOptions | undefined = checkOptions(options, call, names);
  if (given === undefined) return NO_OPTIONS;
  const { row, tenant, signal, engine, onError } = given;
  checkChoice('engine', engine, ['auto', 'node']);
  checkChoice('onError', onError, ['throw', 'collect']);
  checkSignal(signal);
  return { row, tenant, signal, engine, onError };
}

/** Errors: `INVALID_ARGUMENT` for what is no signal, `ABORTED` for one that has fired. */
export function checkSignal(signal: unknown): void {
  if (signal === undefined) return;
  if (!(signal instanceof AbortSignal)) {
    throw new SqlcrypterError('INVALID_ARGUMENT', `\`signal\` is ${kindOf(signal)}. Expected an AbortSignal.`);
  }
  if (signal.aborted) throw new SqlcrypterError('ABORTED', "The call was given up because the caller's signal fired.");
}

function checkChoice(name: string, chosen: unknown, choices: readonly [string, string]): void {
  if (chosen === undefined || choices.includes(chosen as string)) return;
  throw new SqlcrypterError(
    'CONFIG',
    `\`${name}\` is not known. Expected '${choices[0]}' (the default) or '${choices[1]}'.`,
  );
}
