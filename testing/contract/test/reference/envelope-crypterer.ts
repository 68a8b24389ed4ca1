import { randomBytes } from 'node:crypto';
import {
  type Closeable,
  type Crypterer,
  type KeyLease,
  type KeyLoader,
  type LoadKeysOptions,
  SqlcrypterError,
  type Suite,
  type SyncCrypterer,
} from '@sqlcrypter/core';
import {
  DataKey,
  defineCrypterer,
  encodeFrameHeader,
  type Frame,
  type KeyReference,
  type ProviderOptions,
  parseFrame,
} from '@sqlcrypter/core/provider';
import type { KeyService } from './key-service.js';

/** Of the numbers for providers outside the project. */
const PROVIDER = 200;

export type EnvelopeCrypterer = Crypterer & SyncCrypterer & KeyLoader & Closeable;

type WrappedKey = Extract<KeyReference, { kind: 3 }>;

/** How the crypterer below gets a data key that it does not have; a broken one does it wrongly. */
export type Unwrap = (wrapped: Buffer) => Promise<Buffer>;

export interface EnvelopeOptions {
  readonly service: KeyService;
  readonly suite?: Suite;
  /** The data key to encrypt under; random if left out. */
  readonly dataKey?: Uint8Array;
  readonly unwrap?: Unwrap;
}

const caches = new WeakMap<Crypterer, Map<string, DataKey>>();

class EnvelopeKeys {
  readonly scheme = 'reference-envelope';
  readonly cache = new Map<string, DataKey>();
  readonly #current: DataKey;
  readonly #header: Buffer;
  readonly #unwrap: Unwrap;
  readonly #leased = new Map<string, { dataKey: DataKey; leases: number }>();

  constructor(current: DataKey, header: Buffer, unwrap: Unwrap) {
    this.#current = current;
    this.#header = header;
    this.#unwrap = unwrap;
    this.cache.set(nameOf(parseHeader(header)), current);
  }

  encryptSync(plaintext: Buffer, { context }: ProviderOptions): Buffer {
    return this.#current.seal(plaintext, this.#header, context);
  }

  decryptSync(ciphertext: Buffer, { context }: ProviderOptions): Buffer {
    const frame = parseFrame(ciphertext);
    const key = wrappedKeyOf(frame);
    const dataKey = this.#known(key);
    if (dataKey === undefined) throw new SqlcrypterError('KEY_NOT_LOADED', 'Call loadKeys() first.');
    return committed(dataKey, key).open(ciphertext, frame, context);
  }

  async decrypt(ciphertext: Buffer, { context }: ProviderOptions): Promise<Buffer> {
    const frame = parseFrame(ciphertext);
    const dataKey = await this.#load(wrappedKeyOf(frame));
    return dataKey.open(ciphertext, frame, context);
  }

  async loadKeys(ciphertexts: Buffer[], { onError }: LoadKeysOptions): Promise<KeyLease> {
    const failures = new Map<number, SqlcrypterError>();
    const held = new Set<string>();
    await Promise.all(
      ciphertexts.map(async (ciphertext, index) => {
        try {
          const key = wrappedKeyOf(parseFrame(ciphertext));
          this.#hold(held, nameOf(key), await this.#load(key));
        } catch (error) {
          if (!SqlcrypterError.is(error)) throw error;
          failures.set(index, error);
        }
      }),
    );
    const dispose = () => {
      for (const name of held) this.#release(name);
      held.clear();
    };
    const [failure] = failures.values();
    if (failure !== undefined && onError !== 'collect') {
      dispose();
      throw failure;
    }
    return { failures, dispose, [Symbol.dispose]: dispose };
  }

  async close(): Promise<void> {
    this.cache.clear();
    this.#leased.clear();
  }

  #known(key: WrappedKey): DataKey | undefined {
    return this.cache.get(nameOf(key)) ?? this.#leased.get(nameOf(key))?.dataKey;
  }

  async #load(key: WrappedKey): Promise<DataKey> {
    const known = this.#known(key);
    if (known !== undefined) return committed(known, key);
    const dataKey = committed(new DataKey(await this.#unwrap(key.wrapped)), key);
    this.cache.set(nameOf(key), dataKey);
    return dataKey;
  }

  #hold(held: Set<string>, name: string, dataKey: DataKey): void {
    if (held.has(name)) return;
    held.add(name);
    const leased = this.#leased.get(name) ?? { dataKey, leases: 0 };
    leased.leases += 1;
    this.#leased.set(name, leased);
  }

  #release(name: string): void {
    const leased = this.#leased.get(name);
    if (leased === undefined) return;
    leased.leases -= 1;
    if (leased.leases === 0) this.#leased.delete(name);
  }
}

function nameOf({ wrapped }: WrappedKey): string {
  return wrapped.toString('latin1');
}

function parseHeader(header: Buffer): WrappedKey {
  return wrappedKeyOf(parseFrame(Buffer.concat([header, Buffer.alloc(40)])));
}

function wrappedKeyOf({ key }: Frame): WrappedKey {
  if (key.kind === 3 && key.provider === PROVIDER) return key;
  throw new SqlcrypterError('FRAME_UNSUPPORTED', 'The value carries no key that this provider wrapped.');
}

function committed(dataKey: DataKey, { fingerprint }: WrappedKey): DataKey {
  if (dataKey.hasFingerprint(fingerprint)) return dataKey;
  throw new SqlcrypterError('KEY_COMMITMENT', 'The key is not the one that the value was encrypted under.');
}

/** The header of frames under a data key, which the service wraps. */
export async function wrappedHeader(service: KeyService, dataKey: Uint8Array, suite: Suite): Promise<Buffer> {
  const { fingerprint } = new DataKey(dataKey);
  const wrapped = await service.wrap(dataKey);
  return encodeFrameHeader(suite, { kind: 3, fingerprint, provider: PROVIDER, wrapped });
}

/** A crypterer whose data keys a key service wraps, as short as one can be that fulfils the contract. */
export async function createEnvelopeCrypterer({
  service,
  suite = 'xaes-256-gcm',
  dataKey = randomBytes(32),
  unwrap = (wrapped) => service.unwrap(wrapped),
}: EnvelopeOptions): Promise<EnvelopeCrypterer> {
  const header = await wrappedHeader(service, dataKey, suite);
  const keys = new EnvelopeKeys(new DataKey(dataKey), header, unwrap);
  const crypterer = defineCrypterer(keys);
  caches.set(crypterer, keys.cache);
  return crypterer;
}

/** Drops every data key that is neither the current one nor leased. */
export function forgetKeys(crypterer: Crypterer): void {
  caches.get(crypterer)?.clear();
}
