import { type Crypterer, type EncryptionContext, SqlcrypterError } from '@sqlcrypter/core';
import { checkCrypterer, checkOptions } from './argument-check.js';
import type { Binding } from './binding.js';
import { checkSignal } from './call-options.js';
import { ownContext } from './own-context.js';

/** What an `EncryptedBytes` is bound to, and which crypterer serves it. */
export interface EncryptedBytesOptions {
  /**
   * What the value is bound to; the same is needed to decrypt it. The names `c`, `r` and `tn` belong to encrypted
   * columns: `CONTEXT_INVALID`.
   */
  readonly context?: EncryptionContext | undefined;
  /** An instance, or the name of a registered one, looked up when it is used; else the default. */
  readonly crypterer?: Crypterer | string | undefined;
}

/** Options of an asynchronous call. */
export interface EncryptedBytesCallOptions extends EncryptedBytesOptions {
  /** Ends the wait with `ABORTED`. */
  readonly signal?: AbortSignal | undefined;
}

/** The names of options that the calls take. */
export const SYNC_OPTIONS: readonly string[] = ['context', 'crypterer'];
export const CALL_OPTIONS: readonly string[] = [...SYNC_OPTIONS, 'signal'];

/** The binding of a value that was told none. */
export const NOT_BOUND: Binding = { crypterer: undefined, contexts: [undefined], column: undefined };

/** Options that were read once and checked. */
export function takeOptions(options: unknown, names: readonly string[]): EncryptedBytesCallOptions {
  const given: EncryptedBytesCallOptions = checkOptions(options, 'EncryptedBytes', names) ?? {};
  const { context, crypterer, signal } = given;
  checkSignal(signal);
  return {
    context: context === undefined ? undefined : ownContext(context),
    crypterer: checkCrypterer(crypterer),
    signal,
  };
}

/** The binding that options give, if they give any. */
export function bindingFrom({ context, crypterer }: EncryptedBytesOptions): Binding | undefined {
  if (context === undefined && crypterer === undefined) return undefined;
  return { crypterer, contexts: [context], column: undefined };
}

/** The binding that a handle was made with, and what a single call puts in its place. */
export function bindingNow(own: Binding, { context, crypterer }: EncryptedBytesOptions): Binding {
  if (context !== undefined && own.column !== undefined) {
    throw new SqlcrypterError(
      'CONTEXT_INVALID',
      'This value belongs to an encrypted column, which gives it its context. Leave `context` out, ' +
        "or decrypt with the column's decrypt().",
    );
  }
  if (context === undefined && crypterer === undefined) return own;
  return {
    crypterer: crypterer ?? own.crypterer,
    contexts: context === undefined ? own.contexts : [context],
    column: own.column,
  };
}
