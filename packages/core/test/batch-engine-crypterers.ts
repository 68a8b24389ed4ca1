import type { KeyToOpen, KeyToSeal } from '../src/batch-engine/batch-keys.js';
import type { Closeable, Crypterer, KeyLease, KeyLoader, SyncCrypterer } from '../src/crypterer.js';
import { DataKey } from '../src/data-key.js';
import { defineCrypterer, type ProviderOptions } from '../src/define-crypterer.js';
import { encodeFrameHeader, parseFrame } from '../src/frame.js';
import { SqlcrypterError } from '../src/sqlcrypter-error.js';
import type { Suite } from '../src/suite.js';

/** Local keys by their id, with the last given one to write with. A provider that names its keys to batches. */
export class NamedKeys {
  readonly scheme = 'test-named';
  readonly #keys = new Map<number, DataKey>();
  readonly #suite: Suite;
  #current = 0;

  constructor(suite: Suite = 'xaes-256-gcm', fills: readonly number[] = [1]) {
    this.#suite = suite;
    for (const fill of fills) this.use(fill);
  }

  /** The key to write with from here on. */
  use(fill: number): void {
    if (!this.#keys.has(fill)) this.#keys.set(fill, new DataKey(Buffer.alloc(32, fill)));
    this.#current = fill;
  }

  get current(): DataKey {
    return this.#keys.get(this.#current) as DataKey;
  }

  encryptSync(plaintext: Buffer, { context }: ProviderOptions): Buffer {
    return this.current.seal(plaintext, this.#header(), context);
  }

  decryptSync(ciphertext: Buffer, { context }: ProviderOptions): Buffer {
    const { dataKey, layout } = this.#find(ciphertext);
    return dataKey.open(ciphertext, layout, context);
  }

  keyToOpen(ciphertext: Buffer): KeyToOpen | undefined {
    return this.#find(ciphertext);
  }

  keyToSeal(_values: number, _bytes: number): KeyToSeal | undefined {
    return { dataKey: this.current, header: this.#header() };
  }

  #header(): Buffer {
    return encodeFrameHeader(this.#suite, { kind: 1, id: this.#current });
  }

  #find(ciphertext: Buffer): KeyToOpen {
    const layout = parseFrame(ciphertext);
    const dataKey = layout.key.kind === 1 ? this.#keys.get(layout.key.id) : undefined;
    if (dataKey === undefined) throw new SqlcrypterError('KEY_NOT_FOUND', 'There is no such key.');
    return { dataKey, layout };
  }
}

export type NamedCrypterer = Crypterer & SyncCrypterer & Closeable;

export function createNamedCrypterer(keys = new NamedKeys()): NamedCrypterer {
  return defineCrypterer(keys);
}

/** A crypterer that knows a value's key only after it was asked to load it. */
export function createForgetfulCrypterer(keys = new NamedKeys()): NamedCrypterer & KeyLoader & { asked: Buffer[][] } {
  const asked: Buffer[][] = [];
  let leases = 0;
  const crypterer = defineCrypterer({
    scheme: 'test-forgetful',
    encryptSync: (plaintext, options) => keys.encryptSync(plaintext, options),
    decryptSync(ciphertext, options) {
      if (leases === 0) throw new SqlcrypterError('KEY_NOT_LOADED', 'Call loadKeys() first.');
      return keys.decryptSync(ciphertext, options);
    },
    keyToOpen: (ciphertext) => (leases === 0 ? undefined : keys.keyToOpen(ciphertext)),
    async loadKeys(ciphertexts: Buffer[]): Promise<KeyLease> {
      asked.push(ciphertexts);
      leases += 1;
      const dispose = () => {
        leases -= 1;
      };
      return { failures: new Map(), dispose, [Symbol.dispose]: dispose };
    },
  });
  return Object.assign(crypterer, { asked });
}
