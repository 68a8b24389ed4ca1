import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import * as core from '../src/index.js';
import * as provider from '../src/provider.js';
import { SqlcrypterError } from '../src/sqlcrypter-error.js';
import { createNamedCrypterer } from './batch-engine-crypterers.js';
import { createAsyncCrypterer, createLoadingCrypterer, createSyncCrypterer } from './crypterers.js';
import { HOSTILE, SECRET } from './hostile-values.js';

const BYTES = Buffer.from('bytes');
const { encrypt, decrypt, encryptSync, decryptSync, encryptMany, decryptMany } = core;
const crypterers = [createNamedCrypterer(), createAsyncCrypterer(), createLoadingCrypterer()];

/** A crypterer that nobody made with `defineCrypterer`, and that gives and throws whatever it is told to. */
function byHand(answer: () => unknown): core.Crypterer & core.SyncCrypterer & core.KeyLoader {
  const call = answer as never;
  return { scheme: 'by-hand', encrypt: call, decrypt: call, encryptSync: call, decryptSync: call, loadKeys: call };
}

type Call = (hostile: never) => unknown;

/** Calls of each exported function with the hostile value in each of its places. */
const CALLS: Record<string, Call> = {
  init: (hostile) => core.init(hostile),
  'init, options': (hostile) => core.init(createSyncCrypterer(), hostile),
  'init, replace': (hostile) => core.init(createSyncCrypterer(), { replace: hostile }),
  'register, name': (hostile) => core.register(hostile, createSyncCrypterer()),
  'register, crypterer': (hostile) => core.register('a', hostile),
  'register, options': (hostile) => core.register('a', createSyncCrypterer(), hostile),
  getCrypterer: (hostile) => core.getCrypterer(hostile),
  generateBytes: (hostile) => core.generateBytes(hostile),
  'SqlcrypterError.is': (hostile) => core.SqlcrypterError.is(hostile),
  defineCrypterer: (hostile) => provider.defineCrypterer(hostile),
  DataKey: (hostile) => new provider.DataKey(hostile),
  encodeContext: (hostile) => provider.encodeContext(hostile),
  'encodeContext, value': (hostile) => provider.encodeContext({ c: hostile }),
  encodeOwnContext: (hostile) => provider.encodeOwnContext(hostile),
  checkScope: (hostile) => provider.checkScope(hostile),
  checkSuite: (hostile) => provider.checkSuite(hostile),
  checkOptionNames: (hostile) => provider.checkOptionNames(hostile, 'test', ['a']),
  checkCallOptions: (hostile) => provider.checkCallOptions(hostile, ['a']),
  checkPositive: (hostile) => provider.checkPositive(hostile, 'a', 'b'),
  checkPositiveInteger: (hostile) => provider.checkPositiveInteger(hostile, 'a', 'b'),
  chooseCrypterer: (hostile) => provider.chooseCrypterer(hostile),
  'chooseCrypterer, crypterer': (hostile) => provider.chooseCrypterer({ crypterer: hostile }),
  chooseSyncCrypterer: (hostile) => provider.chooseSyncCrypterer(hostile),
  genuineBytes: (hostile) => provider.genuineBytes(hostile),
  isCrypterer: (hostile) => provider.isCrypterer(hostile),
  isSyncCrypterer: (hostile) => provider.isSyncCrypterer(hostile),
  isKeyLoader: (hostile) => provider.isKeyLoader(hostile),
  isCloseable: (hostile) => provider.isCloseable(hostile),
  isPlainObject: (hostile) => provider.isPlainObject(hostile),
  causeOf: (hostile) => provider.causeOf(hostile),
};

for (const [name, single] of Object.entries({ encrypt, decrypt, encryptSync, decryptSync })) {
  for (const crypterer of crypterers) {
    const call = (bytes: Uint8Array, options?: object) => single(bytes, { crypterer, ...options });
    const kind = `${name} with ${crypterer.scheme}`;
    Object.assign(CALLS, {
      [kind]: (hostile: never) => call(hostile),
      [`${kind}, options`]: (hostile: never) => single(BYTES, hostile),
      [`${kind}, context`]: (hostile: never) => call(BYTES, { context: hostile }),
      [`${kind}, a value of the context`]: (hostile: never) => call(BYTES, { context: { c: hostile } }),
      [`${kind}, signal`]: (hostile: never) => call(BYTES, { signal: hostile }),
      [`${kind}, scope`]: (hostile: never) => call(BYTES, { scope: hostile }),
      [`${kind}, its own method`]: (hostile: never) =>
        (crypterer as unknown as Record<string, ((...args: unknown[]) => unknown) | undefined>)[name]?.(BYTES, hostile),
    } satisfies Record<string, Call>);
  }
  CALLS[`${name}, crypterer`] = (hostile) => single(BYTES, { crypterer: hostile });
  CALLS[`${name}, what a crypterer by hand gives`] = (hostile) => single(BYTES, { crypterer: byHand(() => hostile) });
  CALLS[`${name}, what a crypterer by hand throws`] = (hostile) =>
    single(BYTES, {
      crypterer: byHand(() => {
        throw hostile;
      }),
    });
}

for (const crypterer of crypterers) {
  for (const [name, field, batch] of [
    ['encryptMany', 'plaintext', encryptMany],
    ['decryptMany', 'ciphertext', decryptMany],
  ] as const) {
    const many = batch as (items: unknown, options?: object) => Promise<unknown>;
    for (const options of [{}, ...(name === 'decryptMany' ? [{ onError: 'collect' }] : [])]) {
      const kind = `${name} with ${crypterer.scheme} and ${JSON.stringify(options)}`;
      const call = (items: unknown, more?: object) => many(items, { crypterer, ...options, ...more });
      Object.assign(CALLS, {
        [kind]: (hostile: never) => call(hostile),
        [`${kind}, item`]: (hostile: never) => call([{ [field]: BYTES }, hostile]),
        [`${kind}, value`]: (hostile: never) => call(Array(20).fill({ [field]: hostile })),
        [`${kind}, context`]: (hostile: never) => call([{ [field]: BYTES, context: hostile }]),
        [`${kind}, engine`]: (hostile: never) => call([], { engine: hostile }),
        [`${kind}, scope`]: (hostile: never) => call([{ [field]: BYTES }], { scope: hostile }),
        [`${kind}, signal`]: (hostile: never) => call([], { signal: hostile }),
        [`${kind}, options`]: (hostile: never) => many([{ [field]: BYTES }], hostile),
      } satisfies Record<string, Call>);
    }
    CALLS[`${name}, what a crypterer by hand gives`] = (hostile) =>
      many([{ [field]: BYTES }], { crypterer: byHand(() => hostile) });
    CALLS[`${name}, what a crypterer by hand throws`] = (hostile) =>
      many([{ [field]: BYTES }], {
        crypterer: byHand(() => {
          throw hostile;
        }),
      });
  }
  const kind = `loadKeys with ${crypterer.scheme}`;
  Object.assign(CALLS, {
    [kind]: (hostile: never) => core.loadKeys(hostile, { crypterer }),
    [`${kind}, ciphertext`]: (hostile: never) => core.loadKeys([hostile], { crypterer }),
    [`${kind}, options`]: (hostile: never) => core.loadKeys([], hostile),
    [`${kind}, signal`]: (hostile: never) => core.loadKeys([], { crypterer, signal: hostile }),
    [`${kind}, onError`]: (hostile: never) => core.loadKeys([], { crypterer, onError: hostile }),
  } satisfies Record<string, Call>);
}
CALLS['decryptMany, onError'] = (hostile) =>
  core.decryptMany([{ ciphertext: BYTES }], { crypterer: crypterers[0] as core.Crypterer, onError: hostile });
CALLS['loadKeys, what a crypterer by hand throws'] = (hostile) =>
  core.loadKeys([], {
    crypterer: byHand(() => {
      throw hostile;
    }),
  });
CALLS['shutdown, what a crypterer by hand throws'] = async (hostile) => {
  const crypterer = Object.assign(
    byHand(() => undefined),
    {
      closed: false,
      close() {
        throw hostile;
      },
    },
  );
  core.init(crypterer, { replace: true });
  await core.shutdown();
};

afterEach(() => core.shutdown());

describe('whatever a public function is given, it gives a result or an error with a code:', () => {
  it.each(Object.entries(CALLS))('%s', async (_name, call) => {
    await core.shutdown();
    core.init(createSyncCrypterer());
    for (const [what, hostile] of Object.entries(HOSTILE)) {
      let error: unknown;
      try {
        await call(hostile as never);
        continue;
      } catch (thrown) {
        error = thrown;
      }
      expect([what, SqlcrypterError.is(error)]).toEqual([what, true]);
      const { code, message } = error as SqlcrypterError;
      expect([what, typeof code, typeof message]).toEqual([what, 'string', 'string']);
      expect([what, `${inspect(error)} ${JSON.stringify(error)}`.includes(SECRET)]).toEqual([what, false]);
    }
  });

  it('an error of an item is that of its place', async () => {
    const items = Array.from({ length: 30 }, (_, i) =>
      i === 7
        ? {
            get plaintext(): Uint8Array {
              throw new RangeError(SECRET);
            },
          }
        : { plaintext: BYTES },
    );
    for (const crypterer of crypterers) {
      await expect(core.encryptMany(items, { crypterer })).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        index: 7,
        cause: { name: 'RangeError' },
      });
    }
  });
});
