import { randomBytes, randomInt } from 'node:crypto';
import type { EncryptionContext } from '@sqlcrypter/awskms';

/** A stored value, and what it must decrypt to. */
export interface Row {
  readonly plaintext: Buffer;
  readonly context: EncryptionContext;
  readonly ciphertext: Buffer;
}

let lastId = 0;

/** Makes a value of a few bytes to a few kilobytes, mostly short, and its place. */
export function newValue(): Omit<Row, 'ciphertext'> {
  lastId += 1;
  const length = randomInt(100) === 0 ? randomInt(16_384) : randomInt(200);
  return { plaintext: randomBytes(length), context: { c: 'soak.value', r: String(lastId) } };
}

export function pick<T>(items: readonly T[]): T {
  return items[randomInt(items.length)] as T;
}

/** The bytes of a frame of kind 3 that name its key: equal for values of one data key. */
export function keyOf({ ciphertext }: Row): string {
  return ciphertext.toString('latin1', 0, 23 + ciphertext.readUInt16BE(21));
}

/** Options of a call for this row; calls refuse whatever else stands beside it. */
export function bound({ context }: Pick<Row, 'context'>): Pick<Row, 'context'> {
  return { context };
}
