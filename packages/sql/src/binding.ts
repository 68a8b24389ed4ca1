/// <reference types="node" preserve="true" />
import type { Channel } from 'node:diagnostics_channel';
import {
  type Crypterer,
  decrypt,
  decryptSync,
  type EncryptionContext,
  encrypt,
  encryptSync,
  SqlcrypterError,
} from '@sqlcrypter/core';
import { explained } from './explained-error.js';
import { crypterFailure, located } from './located-error.js';
import { decryptChannel, encryptChannel, tellOutcome } from './value-events.js';

/** What a value is bound to, and which crypterer serves it. */
export interface Binding {
  readonly crypterer: Crypterer | string | undefined;
  /** The context to write with; then those of former labels, tried in order when a value does not authenticate. */
  readonly contexts: readonly [EncryptionContext | undefined, ...EncryptionContext[]];
  /** The column that the value belongs to, if it belongs to one. */
  readonly column: { readonly label: string } | undefined;
}

/** Encrypts with the first of the contexts. */
export async function encryptBound(
  plaintext: Uint8Array,
  { crypterer, contexts, column }: Binding,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  try {
    const ciphertext = await encrypt(plaintext, { crypterer, context: contexts[0], signal });
    tellOutcome(encryptChannel, column?.label, 'ok');
    return ciphertext;
  } catch (error) {
    throw told(encryptChannel, crypterFailure(error), column?.label);
  }
}

/** As {@link encryptBound}, at once. */
export function encryptBoundSync(plaintext: Uint8Array, { crypterer, contexts, column }: Binding): Buffer {
  try {
    const ciphertext = encryptSync(plaintext, { crypterer, context: contexts[0] });
    tellOutcome(encryptChannel, column?.label, 'ok');
    return ciphertext;
  } catch (error) {
    throw told(encryptChannel, crypterFailure(error), column?.label);
  }
}

/**
 * Decrypts with the first context that the value authenticates under. If there is none, the first error stands; an
 * error of another kind on the way (a KMS that is down, say) is thrown as it is.
 */
export async function decryptBound(
  ciphertext: Uint8Array,
  { crypterer, contexts, column }: Binding,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  let first: unknown;
  // It is read once more after the first wait.
  const own = contexts.length === 1 ? ciphertext : Buffer.from(ciphertext);
  for (const context of contexts) {
    try {
      const plaintext = await decrypt(own, { crypterer, context, signal });
      tellOutcome(decryptChannel, column?.label, 'ok');
      return plaintext;
    } catch (error) {
      if (!isAuthFailed(error)) throw told(decryptChannel, explained(error, ciphertext), column?.label);
      first ??= error;
    }
  }
  throw told(decryptChannel, explained(first, ciphertext), column?.label);
}

/** As {@link decryptBound}, at once. */
export function decryptBoundSync(ciphertext: Uint8Array, { crypterer, contexts, column }: Binding): Buffer {
  let first: unknown;
  for (const context of contexts) {
    try {
      const plaintext = decryptSync(ciphertext, { crypterer, context });
      tellOutcome(decryptChannel, column?.label, 'ok');
      return plaintext;
    } catch (error) {
      if (!isAuthFailed(error)) throw told(decryptChannel, explained(error, ciphertext), column?.label);
      first ??= error;
    }
  }
  throw told(decryptChannel, explained(first, ciphertext), column?.label);
}

/** The error with its column, after subscribers have been told of it. */
function told(channel: Channel, error: SqlcrypterError, label: string | undefined): SqlcrypterError {
  const failure = located(error, { column: label });
  tellOutcome(channel, label, failure.code);
  return failure;
}

/** Whether a value did not authenticate: the one failure after which a former label is tried. */
export function isAuthFailed(error: unknown): boolean {
  return SqlcrypterError.is(error) && error.code === 'AUTH_FAILED';
}
