/// <reference types="node" preserve="true" />
import { SqlcrypterError } from '@sqlcrypter/core';
import type { DataKey } from '@sqlcrypter/core/provider';

/** What is done with frames of the Go library. */
export type GoFrames = 'reject' | 'read' | 'write';

/** The option, or its default; anything else is `CONFIG`. */
export function checkGoFrames(goFrames: GoFrames = 'reject'): GoFrames {
  if (goFrames === 'reject' || goFrames === 'read' || goFrames === 'write') return goFrames;
  throw new SqlcrypterError('CONFIG', "Unknown goFrames. Expected 'reject' (the default), 'read' or 'write'.");
}

/**
 * Opens nonce ‖ ciphertext ‖ tag under one of the keys. The frame carries no key id, and one in 65,536 begins like a v1
 * frame by chance, so this comes after any failure to read it as v1; if no key opens it, that first error stands.
 */
export function openGoFrame(ciphertext: Buffer, keys: Iterable<DataKey>, first: unknown): Buffer {
  for (const key of keys) {
    try {
      return key.openGo(ciphertext, 0);
    } catch (error) {
      if (!SqlcrypterError.is(error) || error.code !== 'AUTH_FAILED') throw error;
    }
  }
  throw first;
}
