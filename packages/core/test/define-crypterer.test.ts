import { getEventListeners } from 'node:events';
import { inspect } from 'node:util';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { CryptOptions, KeyLease } from '../src/crypterer.js';
import { type CryptererImplementation, defineCrypterer, type ProviderOptions } from '../src/define-crypterer.js';
import { encodeContext } from '../src/encryption-context.js';
import { emptyLease } from '../src/module-functions.js';
import { SqlcrypterError } from '../src/sqlcrypter-error.js';
import { codeOf, errorOf } from './code-of.js';
import { createSyncCrypterer } from './crypterers.js';

const BYTES = Buffer.from('bytes');

/** Gives back what it is given, and remembers with which options. */
function recording() {
  const given: ProviderOptions[] = [];
  const same = (bytes: Buffer, options: ProviderOptions) => {
    given.push(options);
    return bytes;
  };
  return { given, crypterer: defineCrypterer({ scheme: 'same', encryptSync: same, decryptSync: same }) };
}

function failing(error: unknown) {
  const fail = () => {
    throw error;
  };
  const reject = () => Promise.reject(error);
  return defineCrypterer({
    scheme: 'failing',
    encrypt: reject,
    decrypt: reject,
    encryptSync: fail,
    decryptSync: fail,
    loadKeys: reject,
    close: reject,
  });
}

function everyCallOf(crypterer: ReturnType<typeof failing>): (() => unknown)[] {
  return [
    () => crypterer.encrypt(BYTES),
    () => crypterer.decrypt(BYTES),
    () => crypterer.encryptSync(BYTES),
    () => crypterer.decryptSync(BYTES),
    () => crypterer.loadKeys([BYTES]),
  ];
}

/** A promise that is settled from outside. */
function deferred<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<T>((res, rej) => {
    resolve = res;
    reject = rej;
  });
  return { promise, resolve, reject };
}

describe('what a provider must implement', () => {
  const work = async (bytes: Buffer) => bytes;

  it.each<[string, unknown]>([
    ['a scheme', { encrypt: work, decrypt: work }],
    ['a scheme that is not empty', { scheme: '', encrypt: work, decrypt: work }],
    ['a way to encrypt', { scheme: 'x', decrypt: work }],
    ['a way to decrypt', { scheme: 'x', encryptSync: () => BYTES }],
  ])('%s', async (_what, implementation) => {
    expect(await codeOf(() => defineCrypterer(implementation as CryptererImplementation))).toBe('CONFIG');
  });

  it('is either direction in either way', async () => {
    const mixed = defineCrypterer({ scheme: 'mixed', encryptSync: (bytes) => bytes, decrypt: work });
    expect(await mixed.decrypt(await mixed.encrypt(BYTES))).toEqual(BYTES);
    expect('encryptSync' in mixed).toBe(false);
  });

  it('may be a class with private state', async () => {
    class Provider {
      readonly scheme = 'class';
      readonly #mark = 7;
      encryptSync(bytes: Buffer) {
        return Buffer.concat([bytes, Buffer.from([this.#mark])]);
      }
      decryptSync(bytes: Buffer) {
        return bytes.subarray(0, -1);
      }
      async loadKeys() {
        return { ...emptyLease(), failures: new Map([[this.#mark, new SqlcrypterError('INVALID_ARGUMENT', 'm')]]) };
      }
      async close() {
        if (this.#mark !== 7) throw new Error('lost itself');
      }
    }
    const crypterer = defineCrypterer(Object.freeze(new Provider()));
    expect(crypterer.decryptSync(await crypterer.encrypt(BYTES))).toEqual(BYTES);
    expect([...(await crypterer.loadKeys([])).failures.keys()]).toEqual([7]);
    await crypterer.close();
  });
});

describe('what a provider is handed', () => {
  it('is the canonical context, the signal and the scope', async () => {
    const { given, crypterer } = recording();
    const { signal } = new AbortController();
    await crypterer.encrypt(BYTES, { context: { b: '2', a: '1' }, signal });
    crypterer.decryptSync(BYTES);
    expect(given[0]).toEqual({ context: encodeContext({ a: '1', b: '2' }), signal, scope: undefined });
    expect(given[1]).toEqual({ context: Buffer.from([0, 0]), signal: undefined, scope: undefined });
  });

  it('is a Buffer, whatever Uint8Array the caller has', async () => {
    const seen: Uint8Array[] = [];
    const crypterer = defineCrypterer({
      scheme: 'seeing',
      encryptSync(bytes) {
        seen.push(bytes);
        return bytes;
      },
      decryptSync: (bytes) => bytes,
    });
    const memory = new Uint8Array([9, 1, 2, 3, 9]);
    crypterer.encryptSync(memory.subarray(1, 4));
    crypterer.encryptSync(runInNewContext('new Uint8Array([1, 2, 3])'));
    for (const bytes of seen) {
      expect(Buffer.isBuffer(bytes)).toBe(true);
      expect(bytes).toEqual(Buffer.from([1, 2, 3]));
    }
  });
});

describe('what a caller is handed', () => {
  it('may come in a Promise of another realm, as those of node:crypto are in Jest', async () => {
    const foreignPromise = (bytes: Buffer): Promise<Buffer> => runInNewContext('(async () => bytes)()', { bytes });
    const crypterer = defineCrypterer({ scheme: 'foreign', encrypt: foreignPromise, decrypt: foreignPromise });
    expect(await crypterer.encrypt(BYTES)).toEqual(BYTES);
    expect(await crypterer.decrypt(BYTES)).toEqual(BYTES);
  });

  it('is a Buffer, whatever Uint8Array the provider gives', async () => {
    const crypterer = defineCrypterer({
      scheme: 'arrays',
      encrypt: async () => new Uint8Array([1, 2]),
      decrypt: async () => new Uint8Array([9, 1, 2]).subarray(1),
    });
    for (const result of [await crypterer.encrypt(BYTES), await crypterer.decrypt(BYTES)]) {
      expect(Buffer.isBuffer(result)).toBe(true);
      expect(result).toEqual(Buffer.from([1, 2]));
    }
  });

  it('is plaintext in memory of its own, even if the provider took it from a pool', async () => {
    const pool = Buffer.from('neighbour plaintext neighbour');
    const give = () => pool.subarray(10, 19);
    const crypterer = defineCrypterer({ scheme: 'pool', encryptSync: give, decryptSync: give });
    for (const result of [crypterer.decryptSync(BYTES), await crypterer.decrypt(BYTES)]) {
      expect(result.toString()).toBe('plaintext');
      expect(result.buffer.byteLength).toBe(9);
    }
    const own = Buffer.from(new ArrayBuffer(4));
    const giving = defineCrypterer({ scheme: 'own', encryptSync: () => own, decryptSync: () => own });
    expect(giving.decryptSync(BYTES)).toBe(own);
  });

  it.each([[null], [undefined], ['text'], [5], [new ArrayBuffer(1)], [[1, 2]]])(
    'is an error where the provider gives %s',
    async (result) => {
      const give = () => result as unknown as Uint8Array;
      const crypterer = defineCrypterer({
        scheme: 'wrong',
        encryptSync: give,
        decryptSync: give,
        encrypt: async () => give(),
        decrypt: async () => give(),
      });
      for (const call of [
        () => crypterer.encrypt(BYTES),
        () => crypterer.decrypt(BYTES),
        () => crypterer.encryptSync(BYTES),
        () => crypterer.decryptSync(BYTES),
      ]) {
        expect(await errorOf(call)).toMatchObject({ code: 'PROVIDER_FAILED', cause: { name: 'TypeError' } });
      }
    },
  );
});

describe('an error of a provider', () => {
  it('with a code is passed on as it is', async () => {
    const error = new SqlcrypterError('KMS_DENIED', 'm', { keyRef: 'k' });
    const crypterer = failing(error);
    for (const call of everyCallOf(crypterer)) expect(await errorOf(call)).toBe(error);
    expect(await errorOf(() => crypterer.close())).toBe(error);
  });

  it.each([
    [
      'an Error',
      Object.assign(new RangeError('SECRET'), { plaintext: 'SECRET', cause: new Error('SECRET') }),
      'RangeError',
    ],
    ['a string', 'SECRET', 'string'],
    ['an object', { message: 'SECRET', toString: (): string => 'SECRET' }, 'object'],
    ['nothing', undefined, 'undefined'],
  ])('without a code that is %s leaks nothing but its name', async (_what, error, name) => {
    const crypterer = failing(error);
    for (const call of [...everyCallOf(crypterer), () => crypterer.close()]) {
      const wrapped = await errorOf(call);
      expect(wrapped).toMatchObject({ code: 'PROVIDER_FAILED', cause: { name }, retryable: false });
      expect(inspect(wrapped, { showHidden: true, depth: 10 }) + JSON.stringify(wrapped)).not.toContain('SECRET');
    }
  });
});

describe('arguments', () => {
  const wrongBytes = [undefined, null, 'text', 5, {}, [1], new ArrayBuffer(1), new Uint16Array(1)];

  it('that are no bytes are refused before the provider sees them', async () => {
    const { given, crypterer } = recording();
    for (const wrong of wrongBytes) {
      for (const method of ['encrypt', 'decrypt', 'encryptSync', 'decryptSync'] as const) {
        expect(await codeOf(() => crypterer[method](wrong as never))).toBe('INVALID_ARGUMENT');
      }
    }
    expect(given).toEqual([]);
  });

  it('tell how text becomes bytes', async () => {
    const { crypterer } = recording();
    expect((await errorOf(() => crypterer.encrypt('text' as never))).message).toContain("Buffer.from(text, 'utf8')");
  });

  it.each<[string, unknown]>([
    ['INVALID_ARGUMENT', null],
    ['INVALID_ARGUMENT', 'text'],
    ['INVALID_ARGUMENT', { signal: {} }],
    ['INVALID_ARGUMENT', { signal: null }],
    ['CONTEXT_INVALID', { context: { C: '' } }],
    ['CONTEXT_INVALID', { context: null }],
    ['UNSUPPORTED', { scope: 'tenant-7' }],
    ['ABORTED', { signal: AbortSignal.abort() }],
  ])('give %s for wrong options', async (code, options) => {
    const { given, crypterer } = recording();
    for (const method of ['encrypt', 'decrypt', 'encryptSync', 'decryptSync'] as const) {
      expect(await codeOf(() => crypterer[method](BYTES, options as CryptOptions))).toBe(code);
    }
    expect(given).toEqual([]);
  });

  it('of loadKeys are checked one by one, and come as a list', async () => {
    const given: Buffer[][] = [];
    const crypterer = defineCrypterer({
      scheme: 'loading',
      encryptSync: (bytes) => bytes,
      decryptSync: (bytes) => bytes,
      async loadKeys(ciphertexts: Buffer[]) {
        given.push(ciphertexts);
        return emptyLease();
      },
    });
    await crypterer.loadKeys(new Set([BYTES, new Uint8Array([1])]));
    expect(given).toEqual([[BYTES, Buffer.from([1])]]);
    expect(await codeOf(() => crypterer.loadKeys([BYTES, 'text' as never]))).toBe('INVALID_ARGUMENT');
    expect(await codeOf(() => crypterer.loadKeys([], { signal: AbortSignal.abort() }))).toBe('ABORTED');
    expect(given.length).toBe(1);
  });
});

describe('an abort', () => {
  it('ends the wait for a provider that does not end itself', async () => {
    const never = () => new Promise<never>(() => undefined);
    const crypterer = defineCrypterer({ scheme: 'hanging', encrypt: never, decrypt: never, loadKeys: never });
    const controller = new AbortController();
    const options = { signal: controller.signal };
    const calls = [
      crypterer.encrypt(BYTES, options),
      crypterer.decrypt(BYTES, options),
      crypterer.loadKeys([], options),
    ];
    controller.abort(new Error('SECRET'));
    for (const call of calls) {
      const error = await errorOf(() => call);
      expect(error.code).toBe('ABORTED');
      expect(inspect(error, { showHidden: true })).not.toContain('SECRET');
    }
  });

  it('by a timeout is an abort too', async () => {
    const never = () => new Promise<never>(() => undefined);
    const crypterer = defineCrypterer({ scheme: 'hanging', encrypt: never, decrypt: never });
    expect(await codeOf(() => crypterer.encrypt(BYTES, { signal: AbortSignal.timeout(1) }))).toBe('ABORTED');
  });

  it('wins over the error that it caused in the provider', async () => {
    const work = deferred<Buffer>();
    const crypterer = defineCrypterer({ scheme: 'x', encrypt: () => work.promise, decrypt: () => work.promise });
    const controller = new AbortController();
    controller.signal.addEventListener('abort', () => work.reject(new Error('socket closed')));
    const call = crypterer.encrypt(BYTES, { signal: controller.signal });
    controller.abort();
    expect(await codeOf(() => call)).toBe('ABORTED');
  });

  it('after the result changes nothing, and no listener stays on the signal', async () => {
    const { crypterer } = recording();
    const later = defineCrypterer({
      scheme: 'later',
      encrypt: async (bytes) => bytes,
      decrypt: () => Promise.reject(new SqlcrypterError('AUTH_FAILED', 'm')),
      loadKeys: async () => emptyLease(),
    });
    const controller = new AbortController();
    const options = { signal: controller.signal };
    await crypterer.encrypt(BYTES, options);
    await later.encrypt(BYTES, options);
    await later.loadKeys([], options);
    expect(await codeOf(() => later.decrypt(BYTES, options))).toBe('AUTH_FAILED');
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    controller.abort();
  });

  it('disposes of the lease that comes too late', async () => {
    const work = deferred<KeyLease>();
    const crypterer = defineCrypterer({
      scheme: 'late',
      encryptSync: (bytes) => bytes,
      decryptSync: (bytes) => bytes,
      loadKeys: () => work.promise,
    });
    const controller = new AbortController();
    const call = crypterer.loadKeys([BYTES], { signal: controller.signal });
    controller.abort();
    expect(await codeOf(() => call)).toBe('ABORTED');
    let disposed = 0;
    const dispose = () => {
      disposed += 1;
    };
    work.resolve({ ...emptyLease(), dispose });
    await new Promise(setImmediate);
    expect(disposed).toBe(1);
  });

  it('leaves no rejection unhandled when the work fails too late', async () => {
    const unhandled: unknown[] = [];
    const listener = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', listener);
    try {
      const works = [deferred<Buffer>(), deferred<KeyLease>()] as const;
      const crypterer = defineCrypterer({
        scheme: 'late',
        encrypt: () => works[0].promise,
        decrypt: () => works[0].promise,
        loadKeys: () => works[1].promise,
      });
      const controller = new AbortController();
      const options = { signal: controller.signal };
      const calls = [crypterer.encrypt(BYTES, options), crypterer.loadKeys([BYTES], options)];
      controller.abort();
      for (const call of calls) expect(await codeOf(() => call)).toBe('ABORTED');
      for (const work of works) work.reject(new Error('too late'));
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', listener);
    }
  });
});

describe('a closed crypterer', () => {
  it('refuses every call, and its provider is closed once', async () => {
    let closes = 0;
    const crypterer = defineCrypterer({
      scheme: 'closing',
      encryptSync: (bytes) => bytes,
      decryptSync: (bytes) => bytes,
      loadKeys: async () => emptyLease(),
      async close() {
        closes += 1;
      },
    });
    expect(crypterer.closed).toBe(false);
    const closing = crypterer.close();
    expect(crypterer.closed).toBe(true);
    for (const call of everyCallOf(crypterer as never)) expect(await codeOf(call)).toBe('DISPOSED');
    await Promise.all([closing, crypterer.close(), crypterer[Symbol.asyncDispose]()]);
    expect(closes).toBe(1);
  });

  it('refuses before it looks at the arguments', async () => {
    const { crypterer } = recording();
    await crypterer.close();
    expect(await codeOf(() => crypterer.encrypt('text' as never))).toBe('DISPOSED');
    expect(await codeOf(() => crypterer.encryptSync(BYTES, { signal: AbortSignal.abort() }))).toBe('DISPOSED');
  });
});

describe('a crypterer', () => {
  it('is shown by its scheme', async () => {
    const { crypterer } = recording();
    expect(inspect(crypterer)).toBe('Crypterer(same)');
    expect(JSON.stringify({ crypterer })).toBe('{"crypterer":{"scheme":"same"}}');
    await crypterer.close();
    expect(inspect(crypterer)).toBe('Crypterer(same, closed)');
  });
});

describe('a signal', () => {
  it('that fires while the ciphertexts are gathered ends the wait for their keys', async () => {
    const controller = new AbortController();
    const crypterer = defineCrypterer({
      scheme: 'hanging',
      encryptSync: (bytes) => bytes,
      decryptSync: (bytes) => bytes,
      loadKeys: () => new Promise<never>(() => undefined),
    });
    const ciphertexts = (function* () {
      yield BYTES;
      controller.abort();
    })();
    const call = codeOf(() => crypterer.loadKeys(ciphertexts, { signal: controller.signal }));
    const waiting = new Promise((resolve) => setTimeout(resolve, 100, 'still waiting'));
    expect(await Promise.race([call, waiting])).toBe('ABORTED');
  });

  it('may be given to many calls at once without a warning from Node', async () => {
    const warnings: string[] = [];
    const listener = (warning: Error) => warnings.push(warning.name);
    process.on('warning', listener);
    const later = async (bytes: Buffer) => bytes;
    const crypterer = defineCrypterer({ scheme: 'later', encrypt: later, decrypt: later });
    const { signal } = new AbortController();
    await Promise.all(Array.from({ length: 50 }, () => crypterer.encrypt(BYTES, { signal })));
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off('warning', listener);
    expect(warnings).toEqual([]);
  });
});

describe('what only looks like a Buffer', () => {
  it('is no plaintext', async () => {
    const { crypterer } = recording();
    const numbers = Object.setPrototypeOf(new Uint16Array([1, 2, 3, 4]), Buffer.prototype);
    expect(await codeOf(() => crypterer.encryptSync(numbers))).toBe('INVALID_ARGUMENT');
  });

  it('is encrypted as long as its memory is, whatever length it claims', () => {
    const crypterer = createSyncCrypterer();
    for (const length of [20, 3, -1]) {
      const lying = Object.defineProperty(Buffer.from('eleven byte'), 'length', { value: length });
      expect(crypterer.decryptSync(crypterer.encryptSync(lying)).toString()).toBe('eleven byte');
    }
  });
});

describe('an option that means nothing', () => {
  it.each(['c', 'contexts', 'ctx'])(
    'such as %s is refused, since the value would be bound to nothing',
    async (name) => {
      const { crypterer, given } = recording();
      const options = { [name]: 'employee.ssn' } as never;
      const error = await errorOf(() => crypterer.encrypt(BYTES, options));
      expect([error.code, error.message]).toEqual(['INVALID_ARGUMENT', expect.stringContaining('context')]);
      expect(await codeOf(() => crypterer.decryptSync(BYTES, options))).toBe('INVALID_ARGUMENT');
      expect(given).toEqual([]);
    },
  );
});
