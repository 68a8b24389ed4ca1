import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { decryptMany, encryptMany } from '../src/batch.js';
import { BatchDecryption } from '../src/batch-decryption.js';
import { gcmModule } from '../src/batch-engine/gcm-module.js';
import { Pace } from '../src/batch-engine/pace.js';
import { ownBytes } from '../src/batch-engine/read-plaintext.js';
import { DataKey } from '../src/data-key.js';
import { defineCrypterer } from '../src/define-crypterer.js';
import { encodeContext } from '../src/encryption-context.js';
import { SqlcrypterError } from '../src/sqlcrypter-error.js';
import type { DecryptItem, EncryptItem } from '../src/taken-values.js';
import {
  createForgetfulCrypterer,
  createNamedCrypterer,
  type NamedCrypterer,
  NamedKeys,
} from './batch-engine-crypterers.js';
import { Seeded } from './batch-engine-support.js';
import { codeOf, errorOf } from './code-of.js';

const COUNT = 3_000;

let opened: MockInstance<DataKey['openMany']>;
/** How many values it was given to open. */
let given: number;
let sealed: MockInstance<DataKey['sealMany']>;

beforeEach(() => {
  // Loaded, so that small batches use it too.
  expect(gcmModule()).toBeDefined();
  given = 0;
  const { openMany } = DataKey.prototype;
  opened = vi.spyOn(DataKey.prototype, 'openMany').mockImplementation(function (this: DataKey, ...args) {
    // Later its lists have other values.
    given += args[2].length;
    return openMany.apply(this, args);
  });
  sealed = vi.spyOn(DataKey.prototype, 'sealMany');
});

afterEach(() => vi.restoreAllMocks());

/** How many values the engine opened. */
function openedValues(): number {
  return given - opened.mock.results.reduce((sum, { value: refused }) => sum + refused.length, 0);
}

function sealedValues(): number {
  return sealed.mock.results.reduce((sum, { type, value }) => sum + (type === 'return' ? value.length : 0), 0);
}

/** Values of many lengths, each bound to its row. */
function rows(count = COUNT): Required<EncryptItem>[] {
  const random = new Seeded(8);
  return Array.from({ length: count }, (_, i) => ({
    plaintext: random.bytes(random.below(80)),
    context: { c: 'employee.ssn', r: String(i) },
  }));
}

async function encrypted(
  crypterer: NamedCrypterer,
  items: Required<EncryptItem>[],
  signal?: AbortSignal,
): Promise<DecryptItem[]> {
  const ciphertexts = await encryptMany(items, { crypterer, signal });
  return items.map(({ context }, i) => ({ ciphertext: ciphertexts[i] as Buffer, context }));
}

describe.each(['xaes-256-gcm', 'aes-256-gcm'] as const)('a batch under %s', (suite) => {
  const create = () => createNamedCrypterer(new NamedKeys(suite));

  it('is what the crypterer reads and writes one by one', async () => {
    const crypterer = create();
    const values = rows();
    const items = await encrypted(crypterer, values);
    expect(sealedValues()).toBe(COUNT);
    for (const [i, { ciphertext, context }] of items.entries()) {
      expect(crypterer.decryptSync(ciphertext, { context }).equals(values[i]?.plaintext as Buffer)).toBe(true);
    }
    const single = values.map(({ plaintext, context }) => ({
      ciphertext: crypterer.encryptSync(plaintext, { context }),
      context,
    }));
    for (const list of [items, single]) {
      expect(await decryptMany(list, { crypterer })).toEqual(values.map(({ plaintext }) => plaintext));
    }
    expect(openedValues()).toBe(2 * COUNT);
  });

  it('gives the same results and errors with either engine', async () => {
    const crypterer = create();
    const items = await encrypted(crypterer, rows());
    const spoilt: [number, unknown][] = [
      [3, Buffer.from('text')],
      [4, Buffer.alloc(0)],
      [5, 'text'],
      [6, undefined],
      [7, items[7]?.ciphertext.subarray(0, 30)],
      [8, items[8]?.ciphertext.subarray(0, -1)],
      [9, Buffer.concat([items[9]?.ciphertext as Buffer, Buffer.alloc(1)])],
      [10, items[11]?.ciphertext],
      [13, Buffer.from([0, 0xc7, 0x32, 1])],
      [14, Buffer.concat([Buffer.from([0, 0xc7, 0x12, 3]), Buffer.alloc(60, 255)])],
      [15, new Uint8Array(items[15]?.ciphertext as Buffer)],
      [16, crypterer.encryptSync(Buffer.alloc(100_000, 1), { context: items[16]?.context })],
      [17, createNamedCrypterer(new NamedKeys(suite, [2])).encryptSync(Buffer.alloc(5))],
    ];
    for (const [index, ciphertext] of spoilt) items[index] = { ...items[index], ciphertext } as DecryptItem;
    items[20] = { ...items[20], context: { C: 'bad name' } } as DecryptItem;
    items[21] = { ...items[21], context: { c: 'employee.ssn' } } as DecryptItem;
    for (const index of [100, 2_000, COUNT - 1]) {
      const ciphertext = Buffer.from(items[index]?.ciphertext as Buffer);
      ciphertext[ciphertext.length - 1] = (ciphertext[ciphertext.length - 1] as number) ^ 0x80;
      items[index] = { ...items[index], ciphertext } as DecryptItem;
    }
    const [fast, slow] = await Promise.all([
      decryptMany(items, { crypterer, onError: 'collect' }),
      decryptMany(items, { crypterer, onError: 'collect', engine: 'node' }),
    ]);
    expect(fast.map(plain)).toEqual(slow.map(plain));
    expect(openedValues()).toBe(COUNT - spoilt.length + 1 - 5);
    expect(fast.filter((result) => SqlcrypterError.is(result)).length).toBe(spoilt.length - 2 + 5);
    expect(await errorOf(() => decryptMany(items, { crypterer }))).toMatchObject({ code: 'FRAME_UNKNOWN', index: 3 });
  });

  it('reads values under many keys and prefixes in any order', async () => {
    const keys = new NamedKeys(suite, [1, 2, 3]);
    const crypterer = createNamedCrypterer(keys);
    const writers = [1, 2, 3, 1, 2].map((fill) => createNamedCrypterer(new NamedKeys(suite, [fill])));
    const values = rows();
    const items = values.map(({ plaintext, context }, i) => ({
      ciphertext: (writers[(i * i) % writers.length] as NamedCrypterer).encryptSync(plaintext, { context }),
      context,
    }));
    expect(await decryptMany(items, { crypterer })).toEqual(values.map(({ plaintext }) => plaintext));
    expect(openedValues()).toBe(COUNT);
  });
});

function plain(result: Buffer | SqlcrypterError): unknown {
  return SqlcrypterError.is(result) ? result.toJSON() : result.toString('hex');
}

describe('the batch engine in a batch', () => {
  it('gives plaintexts that have memory of their own', async () => {
    const crypterer = createNamedCrypterer();
    const values = [0, 1, 63, 64, 65, 200, 1000].flatMap((size) =>
      Array(20).fill({ plaintext: Buffer.alloc(size, 7) }),
    );
    const items = (await encryptMany(values, { crypterer })).map((ciphertext) => ({ ciphertext }));
    const results = await decryptMany(items, { crypterer });
    expect(openedValues()).toBe(values.length);
    for (const result of results) expect(result.buffer.byteLength).toBe(result.length);
    for (const result of results) result.fill(0);
    expect(await decryptMany(items, { crypterer })).toEqual(values.map(({ plaintext }) => plaintext));
  });

  it('makes something else of plaintexts, and puts what fails there in its place', async () => {
    const crypterer = createNamedCrypterer();
    const items = await encrypted(crypterer, rows(50));
    const read = (memory: Buffer, start: number, end: number) => {
      if (end - start > 70) throw new SqlcrypterError('INVALID_ARGUMENT', 'Too long.');
      return memory.toString('hex', start, end);
    };
    for (const engine of ['auto', 'node'] as const) {
      const collecting = new BatchDecryption({ crypterer, engine, onError: 'collect' }, new Pace());
      const results = await collecting.decrypt(items, read);
      const expected = rows(50).map(({ plaintext }, index) =>
        plaintext.length > 70 ? { code: 'INVALID_ARGUMENT', index } : Buffer.from(plaintext).toString('hex'),
      );
      expect(results).toMatchObject(expected);
      const throwing = new BatchDecryption({ crypterer, engine }, new Pace());
      expect(await codeOf(() => throwing.decrypt(items, read))).toBe('INVALID_ARGUMENT');
    }
    expect(openedValues()).toBe(100);
  });

  it('decrypts the items as they were given, whatever they become while others are read', async () => {
    const keys = new NamedKeys();
    const crypterer = createNamedCrypterer(keys);
    const early = await encrypted(crypterer, rows(20));
    keys.use(2);
    const items: DecryptItem[] = [...early, ...(await encrypted(crypterer, rows(1_000)))];
    const read = (memory: Buffer, start: number, end: number, index: number) => {
      if (index >= 20) Object.assign(items[0] as DecryptItem, { ciphertext: 'text', context: { r: 'other' } });
      return memory.toString('hex', start, end);
    };
    const decryption = new BatchDecryption({ crypterer, onError: 'collect' }, new Pace());
    const results = await decryption.decrypt(items, read);
    expect(results[0]).toBe(Buffer.from(rows(20)[0]?.plaintext as Uint8Array).toString('hex'));
    expect(openedValues()).toBe(1_020);
  });

  it('keeps the keys of one portion of a batch for the next, until the end', async () => {
    const keys = new NamedKeys();
    const items = await encrypted(createNamedCrypterer(keys), rows(50));
    const crypterer = createForgetfulCrypterer(keys);
    const plaintexts = rows(50).map(({ plaintext }) => plaintext);
    const decryption = new BatchDecryption({ crypterer }, new Pace());
    for (let portion = 0; portion < 2; portion++) expect(await decryption.decrypt(items, ownBytes)).toEqual(plaintexts);
    expect(openedValues()).toBe(100);
    expect(crypterer.asked.length).toBe(1);
    // Twice must not take what another batch holds.
    for (let i = 0; i < 2; i++) decryption.end();
    const lease = await crypterer.loadKeys([]);
    const { ciphertext, context } = items[0] as DecryptItem;
    const decryptFirst = (): Buffer => crypterer.decryptSync(ciphertext, { context });
    expect(decryptFirst()).toEqual(plaintexts[0]);
    lease.dispose();
    expect(await codeOf(decryptFirst)).toBe('KEY_NOT_LOADED');
  });

  it('is left out where it is not wanted, and nothing else can be wanted', async () => {
    const crypterer = createNamedCrypterer();
    const items = await encrypted(crypterer, rows(100));
    await encryptMany(rows(100), { crypterer, engine: 'node' });
    await decryptMany(items, { crypterer, engine: 'node' });
    expect(openedValues()).toBe(0);
    expect(sealedValues()).toBe(100);
    for (const engine of ['wasm', null, true] as never[]) {
      expect(await codeOf(() => encryptMany(rows(2), { crypterer, engine }))).toBe('CONFIG');
      expect(await codeOf(() => decryptMany(items, { crypterer, engine }))).toBe('CONFIG');
    }
  });

  it('leaves few values, and long ones, to node:crypto', async () => {
    const crypterer = createNamedCrypterer();
    const few = await encrypted(crypterer, rows(2));
    await decryptMany(few, { crypterer });
    const long = rows(20).map((item) => ({ ...item, plaintext: Buffer.alloc(50_000, 1) }));
    const items = await encrypted(crypterer, long);
    const plaintexts = Buffer.concat(await decryptMany(items, { crypterer }));
    expect(plaintexts.equals(Buffer.alloc(20 * 50_000, 1))).toBe(true);
    expect([openedValues(), sealedValues()]).toEqual([0, 0]);
  });

  it('takes small batches, too', async () => {
    const crypterer = createNamedCrypterer();
    const items = await encrypted(crypterer, rows(10));
    expect(await decryptMany(items, { crypterer })).toEqual(rows(10).map(({ plaintext }) => plaintext));
    expect([openedValues(), sealedValues()]).toEqual([10, 10]);
  });

  it('draws a nonce for every value', async () => {
    const crypterer = createNamedCrypterer(new NamedKeys('aes-256-gcm'));
    const values = Array(20_000).fill({ plaintext: Buffer.alloc(1) });
    const frames = await encryptMany(values, { crypterer });
    expect(sealedValues()).toBe(values.length);
    expect(new Set(frames.map((frame) => frame.toString('hex', 8, 20))).size).toBe(values.length);
  });

  it('counts what it seals', async () => {
    const keys = new NamedKeys();
    const values = rows(100);
    await encryptMany(values, { crypterer: createNamedCrypterer(keys) });
    expect(sealedValues()).toBe(100);
    expect(keys.current.sealedValues).toBe(100);
    expect(keys.current.sealedBytes).toBe(values.reduce((sum, { plaintext }) => sum + plaintext.length, 0));
  });

  it('seals nothing twice where some values are too long for it', async () => {
    const keys = new NamedKeys();
    const values = rows(100).with(50, { plaintext: Buffer.alloc(3_000), context: { c: 'long' } });
    await encryptMany(values, { crypterer: createNamedCrypterer(keys) });
    expect(sealedValues()).toBe(99);
    expect(keys.current.sealedValues).toBe(100);
  });

  it('keeps an error for a value whose key could not be loaded, beside others under the same', async () => {
    const keys = new NamedKeys();
    const items = await encrypted(createNamedCrypterer(keys), rows(100));
    const forgetful = createForgetfulCrypterer(keys);
    const loadKeys = forgetful.loadKeys.bind(forgetful);
    const crypterer = Object.assign(forgetful, {
      loadKeys: async (ciphertexts: Iterable<Uint8Array>) => {
        const lease = await loadKeys(ciphertexts);
        return { ...lease, failures: new Map([[3, new SqlcrypterError('KMS_DENIED', 'No permission.')]]) };
      },
    });
    const results = await decryptMany(items, { crypterer, onError: 'collect' });
    expect(results[3]).toMatchObject({ code: 'KMS_DENIED', index: 3 });
    expect(results.with(3, Buffer.alloc(0))).toEqual(
      rows(100).map(({ plaintext }, i) => (i === 3 ? Buffer.alloc(0) : plaintext)),
    );
    expect(openedValues()).toBe(99);
  });

  it('seals each value once, also when it has to wait for a key in the middle', async () => {
    const keys = new NamedKeys();
    let isSpent = true;
    const crypterer = defineCrypterer({
      scheme: 'test-spent',
      async encrypt(plaintext, options) {
        isSpent = false;
        return keys.encryptSync(plaintext, options);
      },
      async decrypt(ciphertext, options) {
        return keys.decryptSync(ciphertext, options);
      },
      encryptSync(plaintext, options) {
        if (isSpent) throw new SqlcrypterError('DEK_EXHAUSTED', 'Wait for the next.');
        return keys.encryptSync(plaintext, options);
      },
      decryptSync: (ciphertext, options) => keys.decryptSync(ciphertext, options),
      keyToSeal: (values, bytes) => (isSpent ? undefined : keys.keyToSeal(values, bytes)),
    });
    const items = await encrypted(crypterer, rows(100));
    expect(keys.current.sealedValues).toBe(100);
    expect(sealedValues()).toBe(99);
    expect(await decryptMany(items, { crypterer })).toEqual(rows(100).map(({ plaintext }) => plaintext));
  });

  it('works as long as the signal has not fired', async () => {
    const crypterer = createNamedCrypterer();
    const { signal } = new AbortController();
    const items = await encrypted(crypterer, rows(100), signal);
    await decryptMany(items, { crypterer, signal });
    expect([openedValues(), sealedValues()]).toEqual([100, 100]);
  });

  it('names the first value that cannot be encrypted', async () => {
    const crypterer = createNamedCrypterer();
    const values: EncryptItem[] = rows(2_000);
    values[1_500] = { plaintext: 'text' as never };
    values[1_600] = { plaintext: Buffer.alloc(1), context: { C: '' } };
    expect(await errorOf(() => encryptMany(values, { crypterer }))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      index: 1_500,
    });
  });

  it('takes Uint8Arrays in place of Buffers', async () => {
    const crypterer = createNamedCrypterer();
    const values = rows(50).map((item) => ({ ...item, plaintext: new Uint8Array(item.plaintext) }));
    const items = (await encrypted(crypterer, values)).map((item) => ({
      ...item,
      ciphertext: new Uint8Array(item.ciphertext),
    }));
    expect(await decryptMany(items, { crypterer })).toEqual(values.map(({ plaintext }) => Buffer.from(plaintext)));
    expect([openedValues(), sealedValues()]).toEqual([50, 50]);
  });

  it('waits for keys that must be loaded, and loads only those', async () => {
    const keys = new NamedKeys();
    const items = await encrypted(createNamedCrypterer(keys), rows(500));
    const crypterer = createForgetfulCrypterer(keys);
    expect(await decryptMany(items, { crypterer })).toEqual(rows(500).map(({ plaintext }) => plaintext));
    expect(openedValues()).toBe(500);
    expect(crypterer.asked.map((list) => list.length)).toEqual([500]);
    const lease = await crypterer.loadKeys([]);
    await decryptMany(items, { crypterer });
    expect(crypterer.asked.length).toBe(2);
    lease.dispose();
  });

  it('asks for keys in the order of the values, with either engine', async () => {
    const keys = new NamedKeys();
    const groups = [await encrypted(createNamedCrypterer(keys), rows(10))];
    for (let i = 0; i < 100; i++) groups.push(await encrypted(createNamedCrypterer(keys), rows(1)));
    const items = [...groups.slice(1, 50), groups[0] as DecryptItem[], ...groups.slice(50)].flat();
    for (const engine of ['auto', 'node'] as const) {
      const crypterer = createForgetfulCrypterer(keys);
      await decryptMany(items, { crypterer, engine });
      expect(crypterer.asked).toEqual([items.map(({ ciphertext }) => ciphertext)]);
    }
  });

  it('asks the provider itself where the provider names no key, a wrong one, or throws', async () => {
    const keys = new NamedKeys();
    const items = await encrypted(createNamedCrypterer(keys), rows(50));
    const other = new NamedKeys('xaes-256-gcm', [9]);
    const answers = [
      () => undefined,
      () => {
        throw new Error('SECRET');
      },
      (frame: Buffer) => {
        const named = keys.keyToOpen(frame);
        return named && { ...named, dataKey: other.current };
      },
      (frame: Buffer) => {
        const named = keys.keyToOpen(frame);
        return named && { ...named, layout: { ...named.layout, ciphertextOffset: 20 } };
      },
    ];
    for (const keyToOpen of answers) {
      const crypterer = defineCrypterer({
        scheme: 'test-odd',
        encryptSync: (plaintext, options) => keys.encryptSync(plaintext, options),
        decryptSync: (ciphertext, options) => keys.decryptSync(ciphertext, options),
        keyToOpen,
        keyToSeal: answers[1] as () => never,
      });
      expect(await decryptMany(items, { crypterer })).toEqual(rows(50).map(({ plaintext }) => plaintext));
      expect((await encryptMany(rows(50), { crypterer })).length).toBe(50);
    }
    expect(openedValues()).toBe(0);
  });

  it('names the scope of a batch to a provider that has scopes, and to no other', async () => {
    const keys = { a: new NamedKeys('xaes-256-gcm', [1]), b: new NamedKeys('xaes-256-gcm', [2]) };
    const asked: unknown[] = [];
    const of = (scope: string | undefined) => keys[scope as 'a' | 'b'];
    const create = (scopes: boolean) =>
      defineCrypterer({
        scheme: 'test-scoped',
        scopes,
        encryptSync: (plaintext, options) => of(options.scope).encryptSync(plaintext, options),
        decryptSync: (ciphertext, options) => keys.b.decryptSync(ciphertext, options),
        keyToSeal(values, bytes, scope) {
          asked.push(scope);
          return of(scope).keyToSeal(values, bytes);
        },
      });
    const items = rows(100);
    const ciphertexts = await encryptMany(items, { crypterer: create(true), scope: 'b' });
    expect(sealedValues()).toBe(100);
    expect(
      keys.b.decryptSync(ciphertexts[7] as Buffer, { context: encodeContext(items[7]?.context) } as never),
    ).toEqual(items[7]?.plaintext);
    expect(await codeOf(() => encryptMany(items, { crypterer: create(true), scope: 5 as never }))).toBe(
      'INVALID_ARGUMENT',
    );
    expect(await codeOf(() => encryptMany(items, { crypterer: create(false), scope: 'b' }))).toBe('UNSUPPORTED');
    expect(asked).toEqual(['b']);
  });

  it('costs no value when it fails', async () => {
    const crypterer = createNamedCrypterer();
    const items = await encrypted(crypterer, rows(100));
    sealed.mockImplementation(() => {
      throw new Error('SECRET');
    });
    opened.mockImplementation((_module, _layout, _frames, _contexts, _positions, take) => {
      take(0, Buffer.from('first'), 0, 5);
      throw new Error('SECRET');
    });
    const [first, ...rest] = await decryptMany(items, { crypterer });
    expect(first?.toString()).toBe('first');
    expect(rest).toEqual(
      rows(100)
        .map(({ plaintext }) => plaintext)
        .slice(1),
    );
    const ciphertexts = await encryptMany(rows(100), { crypterer });
    expect(crypterer.decryptSync(ciphertexts[99] as Buffer, { context: rows(100)[99]?.context as never })).toEqual(
      rows(100)[99]?.plaintext,
    );
  });

  it('reads nothing once the crypterer is closed, or the signal has fired', async () => {
    const crypterer = createNamedCrypterer();
    const items = await encrypted(crypterer, rows(100));
    const signal = AbortSignal.abort();
    expect(await codeOf(() => decryptMany(items, { crypterer, signal }))).toBe('ABORTED');
    expect(await codeOf(() => encryptMany(rows(100), { crypterer, signal }))).toBe('ABORTED');
    expect(await codeOf(() => decryptMany(items, { crypterer, signal: {} as never }))).toBe('INVALID_ARGUMENT');
    await crypterer.close();
    expect(await codeOf(() => decryptMany(items, { crypterer }))).toBe('DISPOSED');
    expect(await codeOf(() => encryptMany(rows(100), { crypterer }))).toBe('DISPOSED');
    expect(openedValues()).toBe(0);
  });
});

describe('a long batch', () => {
  /** Turns of the event loop until a batch is done. */
  async function turnsDuring(batch: Promise<unknown>): Promise<number> {
    let turns = 0;
    const count = (): void => {
      turns += 1;
      timer = setImmediate(count);
    };
    let timer = setImmediate(count);
    await batch;
    clearImmediate(timer);
    return turns;
  }

  it.each(['auto', 'node'] as const)('lets the event loop have its turns, with engine %s', async (engine) => {
    const crypterer = createNamedCrypterer();
    const values = Array(60_000).fill({ plaintext: Buffer.alloc(200, 1) });
    let items: DecryptItem[] = [];
    const encrypting = encryptMany(values, { crypterer, engine }).then((ciphertexts) => {
      items = ciphertexts.map((ciphertext) => ({ ciphertext }));
    });
    expect(await turnsDuring(encrypting)).toBeGreaterThan(2);
    expect(await turnsDuring(decryptMany(items, { crypterer, engine }))).toBeGreaterThan(2);
  });

  it('ends with DISPOSED when the crypterer is closed, and with ABORTED when its signal fires', async () => {
    const crypterer = createNamedCrypterer();
    const values = Array(60_000).fill({ plaintext: Buffer.alloc(200, 1) });
    const items = (await encryptMany(values, { crypterer })).map((ciphertext) => ({ ciphertext }));
    const controller = new AbortController();
    const aborted = decryptMany(items, { crypterer, signal: controller.signal });
    setImmediate(() => controller.abort());
    expect(await codeOf(() => aborted)).toBe('ABORTED');
    const closed = decryptMany(items, { crypterer });
    setImmediate(() => crypterer.close());
    expect(await codeOf(() => closed)).toBe('DISPOSED');
  });

  it('disturbs no other that runs at the same time', async () => {
    const batches = [1, 2, 3, 4].map(async (fill) => {
      const crypterer = createNamedCrypterer(new NamedKeys('xaes-256-gcm', [fill]));
      const values = Array.from({ length: 20_000 }, (_, i) => ({ plaintext: Buffer.from(`${fill} ${i}`) }));
      const ciphertexts = await encryptMany(values, { crypterer });
      const plaintexts = await decryptMany(
        ciphertexts.map((ciphertext) => ({ ciphertext })),
        { crypterer },
      );
      return plaintexts.every((plaintext, i) => plaintext.toString() === `${fill} ${i}`);
    });
    expect(await Promise.all(batches)).toEqual([true, true, true, true]);
  });
});

it('without WebAssembly batches work with node:crypto alone', async () => {
  const program = `
    import { decryptMany, encryptMany } from '${new URL('../dist/index.js', import.meta.url).href}';
    import { DataKey, defineCrypterer, encodeFrameHeader, parseFrame } from '${new URL('../dist/provider.js', import.meta.url).href}';
    const dataKey = new DataKey(Buffer.alloc(32, 1));
    const header = encodeFrameHeader('xaes-256-gcm', { kind: 1, id: 1 });
    const crypterer = defineCrypterer({
      scheme: 'test',
      encryptSync: (plaintext, { context }) => dataKey.seal(plaintext, header, context),
      decryptSync: (ciphertext, { context }) => dataKey.open(ciphertext, parseFrame(ciphertext), context),
      keyToOpen: (ciphertext) => ({ dataKey, layout: parseFrame(ciphertext) }),
      keyToSeal: () => ({ dataKey, header }),
    });
    const values = Array.from({ length: 2000 }, (_, i) => ({ plaintext: Buffer.from(String(i)) }));
    const ciphertexts = await encryptMany(values, { crypterer });
    const plaintexts = await decryptMany(ciphertexts.map((ciphertext) => ({ ciphertext })), { crypterer });
    console.log(typeof WebAssembly, plaintexts.every((plaintext, i) => plaintext.toString() === String(i)));
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--jitless', '--input-type=module', '-e', program]);
  expect(stdout).toBe('undefined true\n');
});
