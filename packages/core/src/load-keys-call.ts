/// <reference types="node" preserve="true" />
import { ByteCopies } from './byte-copies.js';
import { checkSignal } from './call-signal.js';
import { checkCallOptions } from './check-options.js';
import type { LoadKeysOptions, OnError } from './crypterer.js';
import { givenBytes } from './given-bytes.js';
import { SqlcrypterError, unreadable } from './sqlcrypter-error.js';

/** `crypterer` is for the function that chooses one. */
const LOAD_OPTIONS = ['signal', 'onError', 'crypterer'];

/** Errors: `INVALID_ARGUMENT`, `CONFIG`, `ABORTED`. */
export function takeLoadKeysOptions(options: LoadKeysOptions | undefined): LoadKeysOptions {
  const { signal, onError } = readOptions(options);
  checkSignal(signal);
  checkOnError(onError);
  return { signal, onError };
}

function readOptions(options: LoadKeysOptions | undefined): LoadKeysOptions {
  if (options === undefined) return {};
  checkCallOptions(options, LOAD_OPTIONS);
  try {
    const { signal, onError } = options;
    return { signal, onError };
  } catch (error) {
    throw unreadable(error, 'The options');
  }
}

/** Errors: `CONFIG`. */
export function checkOnError(onError: unknown): asserts onError is OnError | undefined {
  if (onError === undefined || onError === 'throw' || onError === 'collect') return;
  throw new SqlcrypterError('CONFIG', "onError is neither 'throw' (the default) nor 'collect'.");
}

/** Copies of the ciphertexts: their keys are waited for. Errors: `INVALID_ARGUMENT`. */
export function copyCiphertexts(ciphertexts: unknown): Buffer[] {
  const copies = new ByteCopies();
  const list: Buffer[] = [];
  try {
    checkIterable(ciphertexts);
    for (const ciphertext of ciphertexts) list.push(copies.of(givenBytes(ciphertext, 'ciphertext')));
  } catch (error) {
    throw unreadable(error, 'The list of ciphertexts');
  }
  return list;
}

/** Errors: `INVALID_ARGUMENT`. Text is iterable, but what it consists of is never a ciphertext. */
export function checkIterable(ciphertexts: unknown): asserts ciphertexts is Iterable<unknown> {
  const isObject = typeof ciphertexts === 'object' && ciphertexts !== null;
  try {
    if (isObject && typeof (ciphertexts as Iterable<unknown>)[Symbol.iterator] === 'function') return;
  } catch (error) {
    throw unreadable(error, 'The list of ciphertexts');
  }
  throw new SqlcrypterError(
    'INVALID_ARGUMENT',
    'loadKeys was given no list of ciphertexts. Expected an array or another iterable of Uint8Arrays.',
  );
}
