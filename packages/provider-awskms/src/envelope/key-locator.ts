/// <reference types="node" preserve="true" />
import { SqlcrypterError } from '@sqlcrypter/core';
import { type FrameLayout, parseFrame } from '@sqlcrypter/core/provider';
import { cacheName } from './data-key-cache.js';
import { parseGoFrame } from './go-frame.js';
import type { WantedKey } from './wanted-key.js';

const TAG_LENGTH = 16;
const FINGERPRINT_OFFSET = 4;
const FINGERPRINT_END = 20;

/** The key of a value as the value's first bytes name it, in memory of its own. */
export interface LocatedKey extends WantedKey {
  /** The bytes before the nonce. */
  readonly header: Buffer;
  /** A v1 frame, and the key that it commits to; undefined for a Go frame, which commits to nothing. */
  readonly committed: { readonly layout: FrameLayout; readonly fingerprint: Buffer } | undefined;
  /** No value with this header is shorter. */
  readonly minLength: number;
}

/** Finds out which wrapped key a value needs, without asking for it. */
export class KeyLocator {
  readonly #scheme: string;
  readonly #provider: number;
  readonly #readsGoFrames: boolean;
  /** Values mostly come in runs under one key: comparing the header is cheaper than parsing it again. */
  #last: LocatedKey | undefined;

  constructor(scheme: string, provider: number, readsGoFrames: boolean) {
    this.#scheme = scheme;
    this.#provider = provider;
    this.#readsGoFrames = readsGoFrames;
  }

  /** Errors: `FRAME_…`, `KEY_NOT_FOUND`. */
  locate(ciphertext: Buffer): LocatedKey {
    const last = this.#last;
    if (last !== undefined && ciphertext.length >= last.minLength && beginsWith(ciphertext, last.header)) return last;
    // No v1 frame begins with another byte than 0, and no Go frame with it.
    const isGo = this.#readsGoFrames && ciphertext.length > 0 && ciphertext[0] !== 0;
    const located = (isGo ? locateGo(ciphertext) : undefined) ?? this.#locateCommitted(ciphertext);
    this.#last = located;
    return located;
  }

  #locateCommitted(ciphertext: Buffer): LocatedKey {
    const { key, suite, headerLength, ciphertextOffset } = parseFrame(ciphertext);
    if (key.kind !== 3) {
      const keyRef = key.kind === 1 ? key.id.toString(16).padStart(8, '0') : key.fingerprint.toString('hex');
      const what = key.kind === 1 ? 'a local key by its id' : 'a key of a key table by its fingerprint';
      throw new SqlcrypterError(
        'KEY_NOT_FOUND',
        `The value names ${what} (${keyRef}), which this ${this.#scheme} crypterer does not have. ` +
          'Decrypt it with the crypterer that wrote it.',
        { keyRef },
      );
    }
    if (key.provider !== this.#provider) {
      throw new SqlcrypterError(
        'FRAME_UNSUPPORTED',
        `The value's data key is wrapped by provider ${key.provider}, and this ${this.#scheme} crypterer is ` +
          `provider ${this.#provider}. Decrypt it with the crypterer of that provider.`,
      );
    }
    const header = Buffer.from(ciphertext.subarray(0, headerLength));
    const wrapped = header.subarray(headerLength - key.wrapped.length);
    const fingerprint = header.subarray(FINGERPRINT_OFFSET, FINGERPRINT_END);
    return {
      header,
      name: cacheName(wrapped, false),
      wrapped,
      bare: false,
      fingerprints: [fingerprint],
      committed: { layout: { suite, headerLength, ciphertextOffset }, fingerprint },
      minLength: ciphertextOffset + TAG_LENGTH,
    };
  }
}

function locateGo(ciphertext: Buffer): LocatedKey | undefined {
  const frame = parseGoFrame(ciphertext);
  if (frame === undefined) return undefined;
  const header = Buffer.from(ciphertext.subarray(0, frame.nonceOffset));
  const wrapped = header.subarray(1);
  return {
    header,
    name: cacheName(wrapped, true),
    wrapped,
    bare: true,
    fingerprints: [],
    committed: undefined,
    minLength: frame.minLength,
  };
}

function beginsWith(bytes: Buffer, start: Buffer): boolean {
  return bytes.compare(start, 0, start.length, 0, start.length) === 0;
}
