import { createAesCrypterer } from '@sqlcrypter/aes';
import { type Crypterer, type KeyLease, type KeyLoader, SqlcrypterError, type SyncCrypterer } from '@sqlcrypter/core';
import {
  DataKey,
  type DefinedCrypterer,
  defineCrypterer,
  encodeFrameHeader,
  type ProviderOptions,
  parseFrame,
} from '@sqlcrypter/core/provider';

/** A local key of 32 equal bytes. */
export function localKey(byte: number): Uint8Array {
  return new Uint8Array(32).fill(byte);
}

/** Real cryptography, but asynchronous only, as a provider that asks a service for every value. */
export function asyncOnly(byte = 1): Crypterer & { readonly underWay: () => number } {
  const local = createAesCrypterer({ key: localKey(byte) });
  let running = 0;
  let most = 0;
  const wait = async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
  };
  const crypterer = defineCrypterer({
    scheme: 'async-only',
    async encrypt(plaintext) {
      await wait();
      return local.encryptSync(plaintext);
    },
    async decrypt(ciphertext) {
      await wait();
      return local.decryptSync(ciphertext);
    },
  });
  return Object.assign(Object.create(crypterer) as Crypterer, { underWay: () => most });
}

/** One local key, by a provider that waits before it reads what it was given. */
export function waiting(): Crypterer {
  const key = new DataKey(localKey(1));
  const header = encodeFrameHeader('xaes-256-gcm', { kind: 1, id: 1 });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return defineCrypterer({
    scheme: 'waiting',
    async encrypt(plaintext, { context }) {
      await turn();
      return key.seal(plaintext, header, context);
    },
    async decrypt(ciphertext, { context }) {
      await turn();
      return key.open(ciphertext, parseFrame(ciphertext), context);
    },
  });
}

const KEYS = 4;

/** A crypterer whose keys are fetched before values under them can be read at once. */
export interface KeyLoadingCrypterer {
  readonly crypterer: Crypterer & SyncCrypterer & KeyLoader;
  /** How often each key was fetched, by its id. */
  readonly fetches: Map<number, number>;
  /** The batches that keys were loaded for, by their number of values. */
  readonly batches: number[];
  /** Leases that were given and not disposed: now, and at most. */
  readonly leases: { readonly open: number; readonly most: number };
  /** Writes the next values under this key, and forgets all keys. */
  useKey(id: number): void;
}

/** Real cryptography under several keys, of which only fetched ones are in memory. */
export function keyLoading(): KeyLoadingCrypterer {
  const service = Array.from({ length: KEYS }, (_, id) => localKey(100 + id));
  const memory = new Map<number, DataKey>();
  const fetches = new Map<number, number>();
  const batches: number[] = [];
  const leases = { open: 0, most: 0 };
  let current = 0;

  function fetch(id: number): DataKey {
    fetches.set(id, (fetches.get(id) ?? 0) + 1);
    const raw = service[id];
    if (raw === undefined) throw new SqlcrypterError('KEY_NOT_FOUND', 'The service has no such key.');
    const key = new DataKey(raw);
    memory.set(id, key);
    return key;
  }

  function idOf(ciphertext: Buffer): number {
    const { key } = parseFrame(ciphertext);
    if (key.kind !== 1) throw new SqlcrypterError('FRAME_UNSUPPORTED', 'The value is not of this crypterer.');
    return key.id;
  }

  const implementation = {
    scheme: 'key-loading',
    encryptSync(plaintext: Buffer, { context }: ProviderOptions): Buffer {
      const header = encodeFrameHeader('xaes-256-gcm', { kind: 1, id: current });
      return (memory.get(current) ?? fetch(current)).seal(plaintext, header, context);
    },
    decryptSync(ciphertext: Buffer, { context }: ProviderOptions): Buffer {
      const key = memory.get(idOf(ciphertext));
      if (key === undefined) throw new SqlcrypterError('KEY_NOT_LOADED', 'Load it first: loadKeys.');
      return key.open(ciphertext, parseFrame(ciphertext), context);
    },
    async decrypt(ciphertext: Buffer, { context }: ProviderOptions): Promise<Buffer> {
      const id = idOf(ciphertext);
      return (memory.get(id) ?? fetch(id)).open(ciphertext, parseFrame(ciphertext), context);
    },
    async loadKeys(ciphertexts: Buffer[]): Promise<KeyLease> {
      batches.push(ciphertexts.length);
      const failures = new Map<number, SqlcrypterError>();
      for (const [index, ciphertext] of ciphertexts.entries()) {
        try {
          const id = idOf(ciphertext);
          if (!memory.has(id)) fetch(id);
        } catch (error) {
          failures.set(index, error as SqlcrypterError);
        }
      }
      leases.open += 1;
      leases.most = Math.max(leases.most, leases.open);
      const dispose = () => {
        leases.open -= 1;
      };
      return { failures, dispose, [Symbol.dispose]: dispose };
    },
  };
  const crypterer: DefinedCrypterer<typeof implementation> = defineCrypterer(implementation);
  return {
    crypterer,
    fetches,
    batches,
    leases,
    useKey(id) {
      current = id;
      memory.clear();
    },
  };
}
