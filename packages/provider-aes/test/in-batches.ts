import {
  type Closeable,
  type Crypterer,
  type CryptOptions,
  decryptMany,
  type EngineChoice,
  encryptMany,
} from '@sqlcrypter/core';
import type { AesCrypterer } from '../src/index.js';

/** Enough for the batch engine to take them, if they are not long. */
const COPIES = 8;
const LONG = 4_096;

/** A crypterer that makes a batch of every value: several of the same, of which the contract sees the first. */
export function inBatches(crypterer: AesCrypterer, engine: EngineChoice): Crypterer & Closeable {
  const batchOf = <Item>(item: Item, bytes: Uint8Array): Item[] =>
    new Array<Item>(bytes?.length > LONG ? 1 : COPIES).fill(item);
  return {
    scheme: crypterer.scheme,
    async encrypt(plaintext, options) {
      const { context, ...others } = asObject(options);
      const [first, ...copies] = await encryptMany(batchOf({ plaintext, context }, plaintext), {
        ...others,
        crypterer,
        engine,
      });
      if (copies.some((copy) => copy.equals(first as Buffer))) throw new Error('Two values of a batch are equal.');
      return first as Buffer;
    },
    async decrypt(ciphertext, options) {
      const { context, ...others } = asObject(options);
      const [first, ...copies] = await decryptMany(batchOf({ ciphertext, context }, ciphertext), {
        ...others,
        crypterer,
        engine,
      });
      if (copies.some((copy) => !copy.equals(first as Buffer))) throw new Error('A value of a batch differs.');
      return first as Buffer;
    },
    get closed() {
      return crypterer.closed;
    },
    close: () => crypterer.close(),
    [Symbol.asyncDispose]: () => crypterer.close(),
  };
}

/** Options that are none: the batch must refuse them, and not this file. */
function asObject(options: CryptOptions = {}): CryptOptions {
  return options !== null && typeof options === 'object' ? options : ({ signal: options } as unknown as CryptOptions);
}
