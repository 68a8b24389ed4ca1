import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { decryptMany, encryptMany } from '../src/batch.js';
import type { EngineChoice } from '../src/batch-engine/choose-engine.js';
import type { Crypterer, KeyLease, KeyLoader, SyncCrypterer } from '../src/crypterer.js';
import { defineCrypterer } from '../src/define-crypterer.js';
import { loadKeys } from '../src/module-functions.js';
import { SqlcrypterError } from '../src/sqlcrypter-error.js';
import { createForgetfulCrypterer, createNamedCrypterer, NamedKeys } from './batch-engine-crypterers.js';
import { codeOf } from './code-of.js';
import { createAsyncCrypterer, createLoadingCrypterer, createSyncCrypterer, OneKey } from './crypterers.js';

const ENGINES: readonly EngineChoice[] = ['auto', 'node'];
const CRYPTERERS = {
  'names its keys': () => createNamedCrypterer(),
  'works value by value': () => createSyncCrypterer(),
  'waits for each value': () => createAsyncCrypterer(),
  'loads keys first': () => createLoadingCrypterer(),
  'names keys once they are loaded': () => createForgetfulCrypterer(),
} as const;
/** Few, and more than one turn of the event loop is enough for. */
const CASES = Object.entries(CRYPTERERS).flatMap(([kind, create]) =>
  ENGINES.flatMap((engine) => [20, 20_000].map((count) => ({ kind, create, engine, count }))),
);
/** At once, or when the call has waited. */
const MOMENTS = { 'at once': undefined, 'one turn later': 1 } as const;

const range = (count: number) => Array.from({ length: count }, (_, i) => i);
const itemsOf = (count: number) =>
  range(count).map((i) => ({ plaintext: Buffer.from(`value ${i}`), context: { r: String(i), b: Buffer.from([i]) } }));

function spoil(items: { plaintext?: Buffer; ciphertext?: Buffer; context?: { r: string; b: Buffer } | undefined }[]) {
  for (const item of items) {
    item.plaintext?.fill(0x2a);
    item.ciphertext?.fill(0x2a);
    item.context?.b.fill(0x2a);
    if (item.context !== undefined) item.context.r = 'other';
    Object.assign(item, { plaintext: 'other', ciphertext: 'other', context: { r: 'other' } });
  }
  items.length = 0;
}

describe.each(Object.entries(MOMENTS))('memory that is used again %s', (_moment, turns) => {
  it.each(CASES)(
    'is not read by a batch of $count, engine $engine, whose crypterer $kind',
    async ({ create, engine, count }) => {
      const crypterer = create();
      const items = itemsOf(count);
      const encrypting = encryptMany(items, { crypterer, engine });
      if (turns !== undefined) await setImmediate();
      spoil(items);
      const toDecrypt = (await encrypting).map((ciphertext, i) => ({
        ciphertext: Buffer.from(ciphertext),
        context: { r: String(i), b: Buffer.from([i]) },
      }));
      const decrypting = decryptMany(toDecrypt, { crypterer, engine });
      if (turns !== undefined) await setImmediate();
      spoil(toDecrypt);
      expect((await decrypting).map(String)).toEqual(range(count).map((i) => `value ${i}`));
    },
  );
});

describe('a provider that waits', () => {
  /** Reads what it was given only after a turn of the event loop. */
  function waiting() {
    const key = new OneKey(1);
    return defineCrypterer({
      scheme: 'waiting',
      async encrypt(plaintext, options) {
        await setImmediate();
        return key.encryptSync(plaintext, options);
      },
      async decrypt(ciphertext, options) {
        await setImmediate();
        return key.decryptSync(ciphertext, options);
      },
      encryptSync(): Buffer {
        throw new SqlcrypterError('KEY_NOT_LOADED', 'No key yet.');
      },
      decryptSync: (ciphertext, options) => key.decryptSync(ciphertext, options),
    });
  }

  it('is given memory of its own by a single call', async () => {
    const crypterer = waiting();
    const [plaintext, context] = [Buffer.from('value'), { row: '1', b: Buffer.from('x') }];
    const encrypting = crypterer.encrypt(plaintext, { context });
    plaintext.fill(0);
    context.row = '2';
    context.b.fill(0);
    const ciphertext = await encrypting;
    const decrypting = crypterer.decrypt(ciphertext, { context: { row: '1', b: 'x' } });
    ciphertext.fill(0);
    expect(String(await decrypting)).toBe('value');
  });

  it('is given what a batch was given when it fetches the first data key', async () => {
    const crypterer = waiting();
    const items = itemsOf(5);
    const encrypting = encryptMany(items, { crypterer });
    spoil(items);
    const opened = (await encrypting).map((ciphertext, i) =>
      crypterer.decryptSync(ciphertext, { context: { r: String(i), b: Buffer.from([i]) } }),
    );
    expect(opened.map(String)).toEqual(range(5).map((i) => `value ${i}`));
  });
});

describe('loadKeys', () => {
  it('reads each ciphertext before it returns, from any iterable', async () => {
    const seen: string[] = [];
    const crypterer = defineCrypterer({
      scheme: 'loading',
      encryptSync: (plaintext) => plaintext,
      decryptSync: (ciphertext) => ciphertext,
      async loadKeys(ciphertexts: Buffer[]): Promise<KeyLease> {
        await setImmediate();
        seen.push(...ciphertexts.map(String));
        return { failures: new Map(), dispose: () => undefined, [Symbol.dispose]: () => undefined };
      },
    });
    const memory = Buffer.alloc(3);
    function* reused() {
      for (const text of ['one', 'two']) {
        memory.write(text);
        yield memory;
      }
    }
    const loading = loadKeys(reused(), { crypterer });
    memory.fill(0);
    await loading;
    expect(seen).toEqual(['one', 'two']);
  });
});

describe('one object for the contexts of many items', () => {
  it.each(ENGINES)('binds each value to what it holds in its turn, with engine %s', async (engine) => {
    const crypterer = createNamedCrypterer(new NamedKeys());
    const shared = { r: '', b: Buffer.alloc(1) };
    const reused = <T>(field: string, make: (i: number) => T) =>
      range(40).map((i) => ({
        [field]: make(i),
        get context() {
          shared.r = String(i % 7);
          shared.b[0] = i;
          return shared;
        },
      }));
    const frames = await encryptMany(reused('plaintext', (i) => Buffer.from(`v${i}`)) as never, { crypterer, engine });
    for (const [i, frame] of frames.entries()) {
      expect(String(crypterer.decryptSync(frame, { context: { r: String(i % 7), b: Buffer.from([i]) } }))).toBe(
        `v${i}`,
      );
    }
    const stolen = frames[3] as Buffer;
    const results = await decryptMany(reused('ciphertext', () => stolen) as never, {
      crypterer,
      engine,
      onError: 'collect',
    });
    expect(results.map((result) => (Buffer.isBuffer(result) ? 'opened' : result.code))).toEqual(
      range(40).map((i) => (i === 3 ? 'opened' : 'AUTH_FAILED')),
    );
  });
});

it('every property of an item is read once', async () => {
  const reads: string[] = [];
  const item = (values: Record<string, unknown>) =>
    new Proxy(values, {
      get(target, name) {
        reads.push(String(name));
        return target[String(name)];
      },
    });
  for (const create of Object.values(CRYPTERERS)) {
    const crypterer: Crypterer & Partial<SyncCrypterer & KeyLoader> = create();
    reads.length = 0;
    const plaintext = Buffer.from('v');
    const frames = await encryptMany(range(5).map(() => item({ plaintext })) as never, { crypterer });
    expect(reads.sort()).toEqual([...Array(5).fill('context'), ...Array(5).fill('plaintext')]);
    reads.length = 0;
    await decryptMany(frames.map((ciphertext) => item({ ciphertext })) as never, { crypterer });
    expect(reads.sort()).toEqual([...Array(5).fill('ciphertext'), ...Array(5).fill('context')]);
  }
});

describe('a signal that fires in the middle', () => {
  it.each(['throw', 'collect'] as const)('ends a batch with ABORTED, also with onError: %s', async (onError) => {
    const crypterer = createNamedCrypterer();
    const frames = await encryptMany(itemsOf(30_000), { crypterer });
    const items = frames.map((ciphertext, i) => ({ ciphertext, context: { r: String(i), b: Buffer.from([i]) } }));
    const controller = new AbortController();
    const decrypting = decryptMany(items, { crypterer, onError: onError as never, signal: controller.signal });
    controller.abort();
    expect(await codeOf(() => decrypting)).toBe('ABORTED');
  });
});
