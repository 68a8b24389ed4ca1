import { createHash } from 'node:crypto';
import { type ErrorCode, SqlcrypterError } from '@sqlcrypter/core';
import { authFailed } from '@sqlcrypter/core/provider';
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
  CONFIG: 5_000,
  PROVIDER_FAILED: 5_000,
};

/** How long the true fingerprint of a wrapped key that came with a wrong one is remembered, and a Go frame that failed. */
const FORGERY_MILLISECONDS = 60_000;

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
    this.#known.set(nameOf(wanted), { fingerprint, age: new Age(), ttl: FORGERY_MILLISECONDS });
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

  /** Remembers Go frames that do not authenticate. They commit to no key, so each is known by all of its bytes. */
  rememberForgeries(ciphertexts: readonly Buffer[]): void {
    for (const ciphertext of ciphertexts) {
      this.#known.set(nameOfForgery(ciphertext), { error: authFailed(), age: new Age(), ttl: FORGERY_MILLISECONDS });
    }
  }

  /** The error of Go frames that are all known not to authenticate. */
  forgeryOf(ciphertexts: readonly Buffer[]): SqlcrypterError | undefined {
    if (this.#known.size === 0) return undefined;
    const isKnown = (ciphertext: Buffer): boolean => {
      const known = this.#known.get(nameOfForgery(ciphertext));
      return known !== undefined && known.age.milliseconds <= known.ttl;
    };
    return ciphertexts.every(isKnown) ? authFailed() : undefined;
  }

  clear(): void {
    this.#known.clear();
  }
}

/** By the name that no other kind of key has: a wrapped key may have the bytes of a fingerprint. */
function nameOf({ name }: WantedKey): string {
  return digestOf(Buffer.from(name, 'latin1'));
}

function nameOfForgery(ciphertext: Buffer): string {
  return `forged ${digestOf(ciphertext)}`;
}

/** Of a blob, or a frame: whoever writes to the database chooses their length. */
function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64');
}

/** The frame claims another key than its blob holds. */
export function keyCommitment(): SqlcrypterError {
  return new SqlcrypterError(
    'KEY_COMMITMENT',
    'The value carries a wrapped data key that is not the one it committed to: one of the two was exchanged. ' +
      'The value was changed after it was written.',
  );
}
