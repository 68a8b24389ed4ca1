/// <reference types="node" preserve="true" />
import { type ErrorCode, generateBytes, SqlcrypterError } from '@sqlcrypter/core';
import {
  type Configuration,
  checkOptionNames,
  encodeFrameHeader,
  encodeOwnContext,
  type GeneratedDataKey,
  type KeyService,
  type KeyServiceOptions,
  parseFrame,
  type UnwrappedDataKey,
  type WrappedDataKey,
} from '@sqlcrypter/core/provider';
import { type AesKey, KeyRing } from './key-ring.js';

const DEK_LENGTH = 32;

/** Options of {@link createAesKeyService}. */
export interface AesKeyServiceOptions {
  /** The key encryption key that data keys are wrapped under. */
  readonly key: AesKey;
  /** Further keys to unwrap with: earlier ones, and the next one before its roll-out. */
  readonly decryptKeys?: readonly AesKey[];
}

/**
 * A local 256-bit key in the place of a KMS: wraps data keys for `createEnvelopeCrypterer`, with a key table above all.
 * A wrapped key is a frame of 80 bytes under the local key, bound to what it is wrapped with.
 *
 * Errors: `CONFIG`.
 */
export function createAesKeyService(options: AesKeyServiceOptions): KeyService {
  checkOptionNames(options, 'createAesKeyService', ['key', 'decryptKeys']);
  const { key, decryptKeys = [] } = options;
  if (!Array.isArray(decryptKeys)) {
    throw new SqlcrypterError('CONFIG', 'decryptKeys is not a list. Expected an array of keys.');
  }
  return new AesKeyService(new KeyRing(key, decryptKeys));
}

class AesKeyService implements KeyService {
  readonly provider = 1;
  readonly scheme = 'aes';
  readonly configuration: Configuration;
  readonly #keys: KeyRing;
  readonly #header: Buffer;

  constructor(keys: KeyRing) {
    this.configuration = [keys.configuration];
    this.#keys = keys;
    this.#header = encodeFrameHeader('xaes-256-gcm', { kind: 1, id: keys.current.id });
  }

  async generateDataKey(options: KeyServiceOptions): Promise<GeneratedDataKey> {
    const plaintext = generateBytes(DEK_LENGTH);
    return { plaintext, ...(await this.wrapDataKey(plaintext, options)) };
  }

  async wrapDataKey(plaintext: Uint8Array, { binding }: KeyServiceOptions): Promise<WrappedDataKey> {
    const { id, dataKey } = this.#keys.current;
    return { wrapped: dataKey.seal(plaintext, this.#header, contextOf(binding)), keyId: nameOf(id) };
  }

  async unwrapDataKey(wrapped: Uint8Array, { binding }: KeyServiceOptions): Promise<UnwrappedDataKey> {
    const frame = Buffer.from(wrapped);
    try {
      const { key, ...layout } = parseFrame(frame);
      if (key.kind !== 1) throw new SqlcrypterError('FRAME_UNSUPPORTED', 'The wrapped key names no local key.');
      return { plaintext: this.#keys.byId(key.id).open(frame, layout, contextOf(binding)), keyId: nameOf(key.id) };
    } catch (error) {
      throw isBad(error) ? invalid(error.code) : error;
    }
  }

  /** Whether the key of that name is the one to wrap under. */
  holds(keyId: string): boolean {
    return keyId === nameOf(this.#keys.current.id);
  }

  async close(): Promise<void> {
    this.#keys.clear();
  }
}

/** Apart from every context of a value: a value is never taken for a wrapped key. */
function contextOf(binding: Readonly<Record<string, string>> = {}): Buffer {
  return encodeOwnContext({ ...binding, 'sqlcrypter.use': 'wrap' });
}

function nameOf(id: number): string {
  return `aes:${id.toString(16).padStart(8, '0')}`;
}

function isBad(error: unknown): error is SqlcrypterError {
  return SqlcrypterError.is(error) && (error.code === 'AUTH_FAILED' || error.code.startsWith('FRAME_'));
}

function invalid(code: ErrorCode): SqlcrypterError {
  return new SqlcrypterError(
    'KMS_INVALID_BLOB',
    'The wrapped data key does not open under the local key that it names: it was changed, or belongs to something ' +
      'else (another row of the key table).',
    { cause: { name: code } },
  );
}
