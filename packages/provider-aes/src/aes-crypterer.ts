/// <reference types="node" preserve="true" />
import { type Closeable, type Crypterer, SqlcrypterError, type Suite, type SyncCrypterer } from '@sqlcrypter/core';
import {
  type Configuration,
  checkOptionNames,
  checkSuite,
  defineCrypterer,
  encodeFrameHeader,
  type KeyToOpen,
  type KeyToSeal,
  type ProviderOptions,
  parseFrame,
} from '@sqlcrypter/core/provider';
import { checkGoFrames, type GoFrames, openGoFrame } from './go-frames.js';
import { type AesKey, KeyRing } from './key-ring.js';

/** A crypterer with local AES keys: always synchronous, nothing to load. */
export type AesCrypterer = Crypterer & SyncCrypterer & Closeable;

/** Options of {@link createAesCrypterer}. */
export interface AesCryptererOptions {
  /** The key that values are encrypted under, and the first that they are read with. */
  readonly key: AesKey;
  /**
   * Further keys to read with: earlier ones, and the next one before its roll-out, so that every process of a rolling
   * deployment can read what any of them writes. A key may be given more than once; two different keys with one id are
   * `CONFIG`.
   */
  readonly decryptKeys?: readonly AesKey[];
  /** Default `xaes-256-gcm`; `aes-256-gcm` saves 12 bytes a value and is good for 2^32 values per key. */
  readonly suite?: Suite;
  /**
   * Frames of the Go library, which are bound to no context: `reject` (default), `read` them too, or also `write` them.
   */
  readonly goFrames?: GoFrames;
}

/**
 * A crypterer that encrypts under a local 256-bit key. Values carry the key's id, so that keys rotate without touching
 * old values.
 *
 * Errors: `CONFIG`. Its decrypt also gives `KEY_NOT_FOUND`; see `Crypterer` for the rest.
 */
export function createAesCrypterer(options: AesCryptererOptions): AesCrypterer {
  checkOptionNames(options, 'createAesCrypterer', ['key', 'decryptKeys', 'suite', 'goFrames']);
  const { key, decryptKeys = [], suite, goFrames } = options;
  if (!Array.isArray(decryptKeys)) {
    throw new SqlcrypterError('CONFIG', 'decryptKeys is not a list. Expected an array of keys.');
  }
  return defineCrypterer(
    new AesImplementation(new KeyRing(key, decryptKeys), checkSuite(suite), checkGoFrames(goFrames)),
  );
}

const NO_HEADER = new Uint8Array(0);

class AesImplementation {
  readonly scheme = 'aes';
  readonly configuration: Configuration;
  readonly #keys: KeyRing;
  readonly #header: Buffer;
  readonly #goFrames: GoFrames;

  constructor(keys: KeyRing, suite: Suite, goFrames: GoFrames) {
    this.configuration = [keys.configuration, suite, goFrames];
    this.#keys = keys;
    this.#header = encodeFrameHeader(suite, { kind: 1, id: keys.current.id });
    this.#goFrames = goFrames;
  }

  encryptSync(plaintext: Buffer, { context }: ProviderOptions): Buffer {
    const { dataKey } = this.#keys.current;
    if (this.#goFrames === 'write') return dataKey.sealGo(plaintext, NO_HEADER);
    return dataKey.seal(plaintext, this.#header, context);
  }

  decryptSync(ciphertext: Buffer, { context }: ProviderOptions): Buffer {
    if (this.#goFrames === 'reject') return this.#openFrame(ciphertext, context);
    try {
      return this.#openFrame(ciphertext, context);
    } catch (error) {
      return openGoFrame(ciphertext, this.#keys.all(), error);
    }
  }

  keyToOpen(ciphertext: Buffer): KeyToOpen | undefined {
    const frame = parseFrame(ciphertext);
    return frame.key.kind === 1 ? { dataKey: this.#keys.byId(frame.key.id), layout: frame } : undefined;
  }

  keyToSeal(): KeyToSeal | undefined {
    return this.#goFrames === 'write' ? undefined : { dataKey: this.#keys.current.dataKey, header: this.#header };
  }

  async close(): Promise<void> {
    this.#keys.clear();
  }

  #openFrame(ciphertext: Buffer, context: Buffer): Buffer {
    const frame = parseFrame(ciphertext);
    if (frame.key.kind === 1) return this.#keys.byId(frame.key.id).open(ciphertext, frame, context);
    if (frame.key.kind === 2) {
      const keyRef = frame.key.fingerprint.toString('hex');
      throw new SqlcrypterError(
        'KEY_NOT_FOUND',
        `The value names its key by the fingerprint ${keyRef}, as values under a key table do. ` +
          'Local keys are named by id: decrypt it with the crypterer that wrote it.',
        { keyRef },
      );
    }
    throw new SqlcrypterError(
      'FRAME_UNSUPPORTED',
      `The value carries a data key wrapped by provider ${frame.key.provider}, not a local key. ` +
        'Decrypt it with the crypterer of that provider.',
    );
  }
}
