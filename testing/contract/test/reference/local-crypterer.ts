import { type Closeable, type Crypterer, SqlcrypterError, type Suite, type SyncCrypterer } from '@sqlcrypter/core';
import {
  DataKey,
  DerivedKeyCache,
  defineCrypterer,
  encodeFrameHeader,
  type KeyReference,
  type ProviderOptions,
  parseFrame,
} from '@sqlcrypter/core/provider';

/** How frames name a local key: by its id, or by its fingerprint. */
export type Naming = 'id' | 'fingerprint';

export interface LocalOptions {
  readonly key: Uint8Array;
  readonly decryptKeys?: readonly Uint8Array[];
  readonly suite?: Suite;
  readonly naming?: Naming;
  readonly configuration?: readonly unknown[];
}

/** How frames of a data key name it. */
export function referenceTo(dataKey: DataKey, naming: Naming): KeyReference {
  return naming === 'id' ? { kind: 1, id: dataKey.defaultId } : { kind: 2, fingerprint: dataKey.fingerprint };
}

class LocalKeys {
  readonly scheme = 'reference';
  readonly #current: DataKey;
  readonly #header: Buffer;
  readonly #byName = new Map<string, DataKey>();
  readonly #derivedKeys = new DerivedKeyCache();

  constructor({ key, decryptKeys = [], suite = 'xaes-256-gcm', naming = 'id' }: LocalOptions) {
    const dataKeys = [key, ...decryptKeys].map((bytes) => new DataKey(bytes, this.#derivedKeys));
    this.#current = dataKeys[0] as DataKey;
    this.#header = encodeFrameHeader(suite, referenceTo(this.#current, naming));
    for (const dataKey of dataKeys) this.#byName.set(nameOf(referenceTo(dataKey, naming)), dataKey);
  }

  encryptSync(plaintext: Buffer, { context }: ProviderOptions): Buffer {
    return this.#current.seal(plaintext, this.#header, context);
  }

  decryptSync(ciphertext: Buffer, { context }: ProviderOptions): Buffer {
    const frame = parseFrame(ciphertext);
    if (frame.key.kind === 3) throw new SqlcrypterError('FRAME_UNSUPPORTED', 'The value carries a wrapped key.');
    const dataKey = this.#byName.get(nameOf(frame.key));
    if (dataKey === undefined) throw new SqlcrypterError('KEY_NOT_FOUND', 'No key of that name.');
    return dataKey.open(ciphertext, frame, context);
  }

  async close(): Promise<void> {
    this.#byName.clear();
  }
}

function nameOf(reference: KeyReference): string {
  return reference.kind === 1 ? String(reference.id) : reference.fingerprint.toString('hex');
}

/** A crypterer with local keys, as short as one can be that fulfils the contract. */
export function createLocalCrypterer(options: LocalOptions): Crypterer & SyncCrypterer & Closeable {
  return defineCrypterer(new LocalKeys(options));
}

/** The same without a synchronous side. */
export function createAsynchronousCrypterer(options: LocalOptions): Crypterer & Closeable {
  const keys = new LocalKeys(options);
  return defineCrypterer({
    scheme: keys.scheme,
    ...(options.configuration && { configuration: options.configuration }),
    encrypt: async (plaintext, checked) => keys.encryptSync(plaintext, checked),
    decrypt: async (ciphertext, checked) => keys.decryptSync(ciphertext, checked),
    close: () => keys.close(),
  });
}
