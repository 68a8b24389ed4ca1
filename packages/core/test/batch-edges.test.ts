import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { decryptMany, encryptMany } from '../src/batch.js';
import { BatchDecryption } from '../src/batch-decryption.js';
import { ownBytes } from '../src/batch-engine/read-plaintext.js';
import type { Crypterer, KeyLoader, SyncCrypterer } from '../src/crypterer.js';
import { SqlcrypterError } from '../src/sqlcrypter-error.js';
import { errorOf } from './code-of.js';

/** So many are looked at together. */
const WINDOW = 16_384;
const BYTES = Buffer.from('bytes');
const denied = () => new SqlcrypterError('KMS_DENIED', 'No permission.');

/** Gives back what it is given, but fails where the test says; counts its calls. */
function createEcho(fail: (bytes: Buffer) => Error | undefined = () => undefined) {
  const calls = { sync: 0, async: 0 };
  const echo = (bytes: Uint8Array): Buffer => {
    const error = fail(bytes as Buffer);
    if (error !== undefined) throw error;
    return bytes as Buffer;
  };
  const sync = (bytes: Uint8Array): Buffer => {
    calls.sync += 1;
    return echo(bytes);
  };
  const later = async (bytes: Uint8Array): Promise<Buffer> => {
    calls.async += 1;
    return echo(bytes);
  };
  const crypterer: Crypterer & SyncCrypterer = {
    scheme: 'echo',
    encrypt: later,
    decrypt: later,
    encryptSync: sync,
    decryptSync: sync,
  };
  return { crypterer, calls };
}

afterEach(() => vi.restoreAllMocks());

describe('a message', () => {
  it('says which function was given no list, and what it expects', async () => {
    const { crypterer } = createEcho();
    expect(await errorOf(() => encryptMany([null] as never, { crypterer }))).toMatchObject({
      message: 'encryptMany was not given a list of objects. Expected an array of { plaintext, context? }.',
    });
    expect(await errorOf(() => decryptMany([null] as never, { crypterer }))).toMatchObject({
      message: 'decryptMany was not given a list of objects. Expected an array of { ciphertext, context? }.',
    });
  });

  it('says that an error had no code', async () => {
    const { crypterer } = createEcho(() => new RangeError('SECRET'));
    expect(await errorOf(() => encryptMany([{ plaintext: BYTES }], { crypterer }))).toMatchObject({
      message: 'The crypterer threw an error that has no code.',
    });
  });
});

describe('a batch to encrypt', () => {
  it.each([denied(), new RangeError('own')])(
    'does not try again after an error that waiting cannot mend',
    async (error) => {
      const { crypterer, calls } = createEcho(() => error);
      expect(await errorOf(() => encryptMany([{ plaintext: BYTES }], { crypterer }))).toMatchObject({ index: 0 });
      expect(calls).toEqual({ sync: 1, async: 0 });
    },
  );
});

describe('a batch to decrypt that is longer than what is looked at together', () => {
  const items = Array.from({ length: WINDOW + 10 }, () => ({ ciphertext: BYTES }));
  const failing = { ciphertext: Buffer.from('denied') };
  const failOnDenied = (bytes: Buffer) => (bytes.equals(failing.ciphertext) ? denied() : undefined);
  const isRight = (result: unknown) => Buffer.isBuffer(result) && result.equals(BYTES);

  it('gives every value', async () => {
    const { crypterer } = createEcho();
    const results = await decryptMany(items, { crypterer });
    expect(results.filter(isRight).length).toBe(items.length);
  });

  it('ends with the first value that fails', async () => {
    const { crypterer, calls } = createEcho(failOnDenied);
    const list = items.with(5, failing);
    expect(await errorOf(() => decryptMany(list, { crypterer }))).toMatchObject({ code: 'KMS_DENIED', index: 5 });
    expect(calls.sync).toBe(6);
  });

  it('goes on to its end when errors are collected', async () => {
    const { crypterer } = createEcho(failOnDenied);
    const results = await decryptMany(items.with(5, failing), { crypterer, onError: 'collect' });
    expect(results[5]).toMatchObject({ code: 'KMS_DENIED', index: 5 });
    expect(results.filter(isRight).length).toBe(items.length - 1);
  });
});

it('a long list with something else than an object at its end is refused before anything waits', async () => {
  const { crypterer } = createEcho();
  const rest = vi.fn(async () => undefined);
  const list = [...Array(2 * WINDOW + 9).fill({ ciphertext: BYTES }), null];
  const decryption = new BatchDecryption({ crypterer }, { isDue: true, isDueAfter: () => true, rest } as never);
  expect(await errorOf(() => decryption.decrypt(list, ownBytes))).toMatchObject({ code: 'INVALID_ARGUMENT' });
  expect(rest).not.toHaveBeenCalled();
});

it('a value that is not bytes is told so, also where its key was asked for and refused', async () => {
  const { crypterer } = createEcho((bytes) =>
    Buffer.isBuffer(bytes) ? undefined : new SqlcrypterError('INVALID_ARGUMENT', 'Expected bytes.'),
  );
  const loader: Crypterer & SyncCrypterer & KeyLoader = {
    ...crypterer,
    async loadKeys() {
      const dispose = () => undefined;
      return { failures: new Map([[0, denied()]]), dispose, [Symbol.dispose]: dispose };
    },
  };
  const error = await errorOf(() => decryptMany([{ ciphertext: 'text' as never }], { crypterer: loader }));
  expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', index: 0 });
});

describe.each([
  { time: 'always over', step: 10, short: [4, 9], long: [12, 40], waiting: [8, 200] },
  { time: 'never over', step: 0, short: [0, 1], long: [0, 1], waiting: [0, 1] },
] as const)('the event loop, when the time of a batch is $time,', ({ step, short, long, waiting }) => {
  let turns = 0;
  let immediate: NodeJS.Immediate;

  beforeEach(() => {
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => {
      now += step;
      return now;
    });
    turns = 0;
    const count = () => {
      turns += 1;
      immediate = setImmediate(count);
    };
    immediate = setImmediate(count);
  });

  afterEach(() => clearImmediate(immediate));

  const values = Array(128).fill({ plaintext: BYTES, ciphertext: BYTES });

  const expectTurns = ([least, most]: readonly [number, number]): void => {
    expect(turns).toBeGreaterThanOrEqual(least);
    expect(turns).toBeLessThanOrEqual(most);
  };

  it('has its turns after 32 values that are encrypted', async () => {
    await encryptMany(values, { crypterer: createEcho().crypterer });
    expectTurns(short);
  });

  it('has its turns after 32 values that are decrypted', async () => {
    await decryptMany(values, { crypterer: createEcho().crypterer });
    expectTurns(short);
  });

  it('has its turns after each value that is long', async () => {
    const bytes = Buffer.alloc(400_000);
    const longValues = Array(12).fill({ plaintext: bytes, ciphertext: bytes });
    await encryptMany(longValues, { crypterer: createEcho().crypterer });
    expectTurns(long);
    turns = 0;
    await decryptMany(longValues, { crypterer: createEcho().crypterer });
    expectTurns(long);
  });

  it('has its turns between values of an asynchronous crypterer, which may never wait itself', async () => {
    const { encrypt, decrypt, scheme } = createEcho().crypterer;
    await encryptMany(values, { crypterer: { scheme, encrypt, decrypt } });
    expectTurns(waiting);
  });
});
