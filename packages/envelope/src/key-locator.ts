/// <reference types="node" preserve="true" />
import { SqlcrypterError } from '@sqlcrypter/core';
import { type FrameLayout, parseFrame } from '@sqlcrypter/core/provider';
import { cacheName, storedName } from './data-key-cache.js';
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
  /** Whether the value names a key of the key table, and `wrapped` is its fingerprint. */
  readonly isStored: boolean;
  /** No value with this header is shorter. */
  readonly minLength: number;
}

/** Which values are read, besides those of the crypterer's own provider. */
export interface Readable {
  readonly goFrames: boolean;
  /** Values that name a key of a key table. */
  readonly stored: boolean;
  /** Values that carry their wrapped key. */
  readonly inline: boolean;
}

/** Up to here a loop is faster than a call into Node. Headers that name their key have 20 bytes. */
const SHORT = 32;

/** Finds out which wrapped key a value needs, without asking for it. */
export class KeyLocator {
  readonly #scheme: string;
  readonly #provider: number;
  readonly #readable: Readable;
  /** Values mostly come in runs under one key: comparing the header is cheaper than parsing it again. */
  #last: LocatedKey | undefined;

  constructor(scheme: string, provider: number, readable: Readable) {
    this.#scheme = scheme;
    this.#provider = provider;
    this.#readable = readable;
  }

  /** Errors: `FRAME_…`, `KEY_NOT_FOUND`. */
  locate(ciphertext: Buffer): LocatedKey {
    const last = this.#last;
    if (last !== undefined && ciphertext.length >= last.minLength && beginsWith(ciphertext, last.header)) return last;
    // No v1 frame begins with another byte than 0, and no Go frame with it.
    const isGo = this.#readable.goFrames && ciphertext.length > 0 && ciphertext[0] !== 0;
    const located = (isGo ? locateGo(ciphertext) : undefined) ?? this.#locateCommitted(ciphertext);
    this.#last = located;
    return located;
  }

  #locateCommitted(ciphertext: Buffer): LocatedKey {
    const { key, suite, headerLength, ciphertextOffset } = parseFrame(ciphertext);
    if (key.kind === 2 && this.#readable.stored) {
      const header = Buffer.from(ciphertext.subarray(0, headerLength));
      const fingerprint = header.subarray(FINGERPRINT_OFFSET, FINGERPRINT_END);
      return {
        header,
        name: storedName(fingerprint),
        wrapped: fingerprint,
        bare: false,
        fingerprints: [fingerprint],
        committed: { layout: { suite, headerLength, ciphertextOffset }, fingerprint },
        isStored: true,
        minLength: ciphertextOffset + TAG_LENGTH,
      };
    }
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
    if (!this.#readable.inline) {
      throw new SqlcrypterError(
        'FRAME_UNSUPPORTED',
        "The value carries its wrapped data key, and this crypterer has inline: 'deny'. If the migration to the key " +
          "table is not complete, set it to 'read'; else find out who wrote the value.",
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
      isStored: false,
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
    isStored: false,
    minLength: frame.minLength,
  };
}

function beginsWith(bytes: Buffer, start: Buffer): boolean {
  if (start.length > SHORT) return bytes.compare(start, 0, start.length, 0, start.length) === 0;
  for (let i = start.length - 1; i >= 0; i--) if (bytes[i] !== start[i]) return false;
  return true;
}
