import { setImmediate } from 'node:timers/promises';
import type { Crypterer, KeyLease, KeyLoader, LoadKeysOptions, SyncCrypterer } from '../src/crypterer.js';
import { DataKey } from '../src/data-key.js';
import { defineCrypterer, type ProviderOptions } from '../src/define-crypterer.js';
import { encodeFrameHeader, parseFrame } from '../src/frame.js';
import { SqlcrypterError } from '../src/sqlcrypter-error.js';

/** One local data key, with frames that name it by its fingerprint. */
export class OneKey {
  readonly scheme: string = 'test';
  readonly #dataKey: DataKey;
  readonly #header: Buffer;

  constructor(fill: number) {
    this.#dataKey = new DataKey(Buffer.alloc(32, fill));
    this.#header = encodeFrameHeader('xaes-256-gcm', { kind: 2, fingerprint: this.#dataKey.fingerprint });
  }

  encryptSync(plaintext: Buffer, { context }: ProviderOptions): Buffer {
    return this.#dataKey.seal(plaintext, this.#header, context);
  }

  decryptSync(ciphertext: Buffer, { context }: ProviderOptions): Buffer {
    return this.#dataKey.open(ciphertext, parseFrame(ciphertext), context);
  }
}

export function createSyncCrypterer(fill = 1): Crypterer & SyncCrypterer {
  return defineCrypterer(new OneKey(fill));
}

/** Counts how many of its calls are under way at once. */
export function createAsyncCrypterer(fill = 1): Crypterer & { readonly most: () => number } {
  const key = new OneKey(fill);
  let running = 0;
  let most = 0;
  const later = async (work: () => Buffer): Promise<Buffer> => {
    running += 1;
    most = Math.max(most, running);
    await setImmediate();
    running -= 1;
    return work();
  };
  const crypterer = defineCrypterer({
    scheme: 'test-async',
    encrypt: (plaintext, options) => later(() => key.encryptSync(plaintext, options)),
    decrypt: (ciphertext, options) => later(() => key.decryptSync(ciphertext, options)),
  });
  return Object.assign(crypterer, { most: () => most });
}

/** A crypterer whose keys must be loaded before each use, and what it was asked to load. */
export interface LoadingCrypterer extends Crypterer, SyncCrypterer, KeyLoader {
  readonly asked: Buffer[][];
  readonly held: () => number;
}

/** Its one key counts as loaded while there is a lease; values that begin with `unloadable` have no key. */
export function createLoadingCrypterer(fill = 1): LoadingCrypterer {
  const key = new OneKey(fill);
  const asked: Buffer[][] = [];
  let held = 0;
  const loaded = <T>(work: () => T): T => {
    if (held === 0) throw new SqlcrypterError('KEY_NOT_LOADED', 'Call loadKeys() first.');
    return work();
  };
  const crypterer = defineCrypterer({
    scheme: 'test-loading',
    encryptSync: (plaintext, options) => loaded(() => key.encryptSync(plaintext, options)),
    decryptSync: (ciphertext, options) => loaded(() => key.decryptSync(ciphertext, options)),
    encrypt: async (plaintext, options) => key.encryptSync(plaintext, options),
    decrypt: async (ciphertext, options) => key.decryptSync(ciphertext, options),
    async loadKeys(ciphertexts: Buffer[], { onError }: LoadKeysOptions): Promise<KeyLease> {
      asked.push(ciphertexts);
      const failures = new Map<number, SqlcrypterError>();
      for (const [index, ciphertext] of ciphertexts.entries()) {
        if (!ciphertext.toString('latin1').startsWith('unloadable')) continue;
        const failure = new SqlcrypterError('KMS_DENIED', 'No permission.');
        if (onError !== 'collect') throw failure;
        failures.set(index, failure);
      }
      held += 1;
      const dispose = () => {
        held -= 1;
      };
      return { failures, dispose, [Symbol.dispose]: dispose };
    },
  });
  return Object.assign(crypterer, { asked, held: () => held });
}
