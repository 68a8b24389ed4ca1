/** Thrown by what is hostile: nothing of it may reach an error. */
export const SECRET = 'SECRET-4711';

const fail = (): never => {
  throw new Error(SECRET);
};

const revoked = (target: object): unknown => {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
};

/** Every trap throws. */
const throwing = (target: object): unknown =>
  new Proxy(target, new Proxy({}, { get: () => fail }) as ProxyHandler<object>);

const withGetter = (name: string): object => ({
  get [name]() {
    return fail();
  },
});

const arrayWithLength = (length: unknown): unknown =>
  new Proxy([], { get: (target, name) => (name === 'length' ? length : Reflect.get(target, name)) });

const NAMES = [
  ...['plaintext', 'ciphertext', 'context', 'signal', 'scope', 'crypterer', 'engine', 'onError', 'replace', 'scheme'],
  ...['encrypt', 'decrypt', 'encryptSync', 'loadKeys', 'close', 'closed', 'c', 'length', 'then', 'toString', 'toJSON'],
];

/** Values that no caller should pass, by what they are. */
export const HOSTILE: Readonly<Record<string, unknown>> = {
  undefined,
  null: null,
  zero: 0,
  'not a number': Number.NaN,
  'a negative number': -1,
  infinity: Number.POSITIVE_INFINITY,
  'a huge number': 2 ** 53,
  'a bigint': 10n,
  true: true,
  'a symbol': Symbol('s'),
  'empty text': '',
  text: 'text',
  'a lone surrogate': '\ud800',
  'a function': fail,
  'an empty object': {},
  'an object without a prototype': Object.create(null),
  'a class instance': new (class Odd {})(),
  'a rejected promise': Promise.reject(new Error(SECRET)),
  'a thenable that throws': Object.defineProperty({}, 'then', { get: fail }),
  'a Map': new Map([['c', 'x']]),
  'a Date': new Date(Number.NaN),
  'an empty array': [],
  'an array of null': [null],
  'an array with holes': Array(3),
  'a huge array of holes': Array(2 ** 32 - 1),
  'an array-like with a huge length': { length: 2 ** 53 },
  'an array-like with a negative length': { length: -1 },
  'an array that claims a huge length': arrayWithLength(2 ** 53),
  'an array that claims a negative length': arrayWithLength(-1),
  'an array that claims half a length': arrayWithLength(0.5),
  'an array that claims text as its length': arrayWithLength('x'),
  'an iterable that throws': { [Symbol.iterator]: fail },
  'an iterator that throws': { [Symbol.iterator]: () => ({ next: fail }) },
  'an iterator that gives nothing': { [Symbol.iterator]: () => ({ next: () => undefined }) },
  'a generator that throws': (function* () {
    yield Buffer.alloc(1);
    fail();
  })(),
  'an array whose element throws': Object.defineProperty([1], 0, { get: fail }),
  'a revoked proxy': revoked({}),
  'a revoked proxy of an array': revoked([]),
  'a revoked proxy of a function': revoked(fail),
  'a proxy that throws': throwing({}),
  'a proxy of an array that throws': throwing([]),
  'a proxy of bytes that throws': throwing(Buffer.alloc(3)),
  'a proxy of bytes': new Proxy(Buffer.alloc(3), {}),
  bytes: Buffer.from('bytes'),
  'an ArrayBuffer': new ArrayBuffer(3),
  'a DataView': new DataView(new ArrayBuffer(3)),
  'an aborted signal': AbortSignal.abort(),
  'a false signal': Object.create(AbortSignal.prototype),
  'an Error': new Error(SECRET),
  'an object that is deep': JSON.parse(`${'['.repeat(500)}${']'.repeat(500)}`),
  ...Object.fromEntries(NAMES.map((name) => [`an object whose ${name} throws`, withGetter(name)])),
};

(HOSTILE['a rejected promise'] as Promise<never>).catch(() => undefined);
