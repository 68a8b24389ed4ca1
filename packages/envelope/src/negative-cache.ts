import { createHash } from 'node:crypto';
import { type ErrorCode, SqlcrypterError } from '@sqlcrypter/core';
import { LRUCache } from 'lru-cache';
import { Age } from './age.js';
import type { WantedKey } from './wanted-key.js';

const MAX_ENTRIES = 10_000;

/** How long a wrapped key that failed so is not tried again. What is not here may pass and is always tried. */
const MILLISECONDS: Partial<Record<ErrorCode, number>> = {
  KMS_INVALID_BLOB: 60_000,
  KMS_WRONG_KEY: 60_000,
  KEY_DESTROYED: 60_000,
  KEY_NOT_FOUND: 5_000,
  KMS_DENIED: 5_000,
  KEY_DISABLED: 5_000,
};

/** How long the true fingerprint of a wrapped key that came with a wrong one is remembered. */
const FINGERPRINT_MILLISECONDS = 60_000;

/** Either of the two, for so many milliseconds. */
interface Known {
  readonly error?: SqlcrypterError;
  readonly fingerprint?: Buffer;
  readonly age: Age;
  readonly ttl: number;
}

/**
 * Wrapped keys that are known to fail, so that one bad value read again and again costs one KMS call. Bounded, and
 * apart from the cache of good keys: what fails evicts nothing.
 */
export class NegativeCache {
  readonly #known = new LRUCache<string, Known>({ max: MAX_ENTRIES });

  /** Remembers a failure for as long as its code says. */
  rememberFailure(wanted: WantedKey, error: unknown): void {
    if (!SqlcrypterError.is(error)) return;
    const ttl = MILLISECONDS[error.code];
    if (ttl !== undefined) this.#known.set(nameOf(wanted), { error, age: new Age(), ttl });
  }

  /** Remembers which key a blob really holds, after a frame claimed another. */
  rememberFingerprint(wanted: WantedKey, fingerprint: Buffer): void {
    this.#known.set(nameOf(wanted), { fingerprint, age: new Age(), ttl: FINGERPRINT_MILLISECONDS });
  }

  /** The error that unwrapping would end in, or undefined if it may succeed. */
  failureOf(wanted: WantedKey): SqlcrypterError | undefined {
    if (this.#known.size === 0) return undefined;
    const known = this.#known.get(nameOf(wanted));
    if (known === undefined || known.age.milliseconds > known.ttl) return undefined;
    const { error, fingerprint } = known;
    if (error !== undefined) return SqlcrypterError.withDetails(error, {});
    return wanted.fingerprints.some((claimed) => fingerprint?.equals(claimed)) ? undefined : keyCommitment();
  }

  clear(): void {
    this.#known.clear();
  }
}

/** A digest, because whoever writes to the database chooses the length of a blob. */
function nameOf({ wrapped, bare }: WantedKey): string {
  return createHash('sha256').update(wrapped).digest('base64') + (bare ? 'b' : '');
}

/** The frame claims another key than its blob holds. */
export function keyCommitment(): SqlcrypterError {
  return new SqlcrypterError(
    'KEY_COMMITMENT',
    'The value carries a wrapped data key that is not the one it committed to: one of the two was exchanged. ' +
      'The value was changed after it was written.',
  );
}
