/** What must appear in no error: hostile values throw it, and hold it. */
export const CANARY = 'canary-999-00-1234';

const fail = (): never => {
  throw new Error(CANARY);
};

/** What is thrown throws, too, when it is looked at. */
const failStrangely = (): never => {
  throw revoked({});
};

/** A proxy whose every trap throws. */
function throwingProxy(target: object): object {
  const names = Object.getOwnPropertyNames(Reflect).filter((name) => name in Reflect);
  return new Proxy(target, Object.fromEntries(names.map((name) => [name, fail])));
}

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

function detached(): Uint8Array {
  const bytes = new Uint8Array(60);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}

/** An object with a getter that throws for each name that an argument of this package may have. */
function throwingGetters(target: object, get: () => never = fail): object {
  const names = [
    'row',
    'tenant',
    'signal',
    'engine',
    'onError',
    'context',
    'crypterer',
    'check',
    'value',
    'ssn',
    'table',
  ];
  for (const name of [...names, 'column', 'type', 'label', 'bind', 'formerly', 'maxBytes', 'padTo', 'a', '0', 'then']) {
    Object.defineProperty(target, name, { get, enumerable: true, configurable: true });
  }
  return target;
}

const withProperty = <T extends object>(target: T, name: PropertyKey, descriptor: PropertyDescriptor): T =>
  Object.defineProperty(target, name, { configurable: true, ...descriptor });

/** Values that lie, or that throw when they are looked at. */
export const hostileValues: [string, () => unknown][] = [
  ['a proxy that throws', () => throwingProxy({})],
  ['a proxy of a list that throws', () => throwingProxy([])],
  ['a proxy of bytes that throws', () => throwingProxy(Buffer.alloc(60))],
  ['a proxy of a function that throws', () => throwingProxy(() => undefined)],
  ['a proxy of bytes', () => new Proxy(Buffer.alloc(60), {})],
  ['a proxy of a Promise', () => new Proxy(Promise.resolve(1), {})],
  ['a revoked proxy', () => revoked({})],
  ['a revoked proxy of a list', () => revoked([])],
  ['a revoked proxy of a function', () => revoked(() => undefined)],
  ['an object with getters that throw', () => throwingGetters({})],
  ['a list with getters that throw', () => throwingGetters([1])],
  ['a function with getters that throw', () => throwingGetters(() => undefined)],
  ['a list of proxies that throw', () => [throwingProxy({}), revoked({})]],
  ['a list of objects with getters that throw', () => [throwingGetters({})]],
  ['a list with an iterator that throws', () => withProperty([1], Symbol.iterator, { value: fail })],
  ['an object of a proxy that throws', () => Object.create(throwingProxy({}))],
  ['toString that throws', () => ({ toString: fail, valueOf: fail, toJSON: fail, [Symbol.toPrimitive]: fail })],
  ['a toStringTag that throws', () => withProperty({}, Symbol.toStringTag, { get: fail })],
  ['a class whose instanceof throws', () => withProperty(class {}, Symbol.hasInstance, { value: fail })],
  ['a thenable that throws', () => withProperty({}, 'then', { value: fail })],
  [
    'a Promise that rejects',
    () => {
      const promise = Promise.reject(new Error(CANARY));
      promise.catch(() => undefined);
      return promise;
    },
  ],
  ['a function that throws', () => fail],
  ['bytes with a length that throws', () => withProperty(new Uint8Array(60), 'length', { get: fail })],
  ['bytes with a memory that throws', () => withProperty(new Uint8Array(60), 'buffer', { get: fail })],
  ['bytes that lie about their length', () => withProperty(Buffer.alloc(60), 'length', { value: 2 ** 40 })],
  ['bytes with methods that throw', () => Object.assign(new Uint8Array(60), { slice: fail, subarray: fail, at: fail })],
  ['bytes of a proxy that throws', () => Object.setPrototypeOf(new Uint8Array(60), throwingProxy({}))],
  ['bytes whose memory is gone', detached],
  ['a Date that throws', () => Object.assign(new Date(0), { getTime: fail, valueOf: fail })],
  ['an abort signal that is none', () => Object.create(AbortSignal.prototype)],
  [
    'a crypterer that throws',
    () => ({ scheme: CANARY, encrypt: fail, decrypt: fail, encryptSync: fail, decryptSync: fail }),
  ],
  ['a value type that throws', () => ({ name: 'own', encode: fail, decode: fail })],
  ['an object with getters that throw a revoked proxy', () => throwingGetters({}, failStrangely)],
  ['a function that throws a revoked proxy', () => failStrangely],
  ['a value type that throws a revoked proxy', () => ({ name: 'own', encode: failStrangely, decode: failStrangely })],
  [
    'a crypterer that throws a revoked proxy',
    () => ({ scheme: 'own', encrypt: failStrangely, decrypt: failStrangely, encryptSync: failStrangely }),
  ],
  ['an object without a prototype', () => Object.create(null)],
  ['a Symbol', () => Symbol(CANARY)],
];

/** Values of the wrong kind, which do nothing by themselves. */
export const plainValues: [string, unknown][] = [
  ['undefined', undefined],
  ['null', null],
  ['true', true],
  ['a number', 5],
  ['NaN', Number.NaN],
  ['a BigInt', 5n],
  ['text', 'text'],
  ['empty text', ''],
  ['a Symbol', Symbol('s')],
  ['an object', {}],
  ['a list', []],
  ['a list of null', [null]],
  ['a list of undefined', [undefined]],
  ['a list of numbers', [1]],
  ['a list of lists', [[1]]],
  ['a function', () => 1],
  ['a class', class {}],
  ['a Date', new Date(0)],
  ['an invalid Date', new Date(Number.NaN)],
  ['a Map', new Map()],
  ['a Promise', Promise.resolve(1)],
  ['a RegExp', /x/],
  ['bytes', new Uint8Array(3)],
  ['no bytes', new Uint8Array(0)],
  ['memory', new ArrayBuffer(3)],
  ['a DataView', new DataView(new ArrayBuffer(3))],
  ['an Error', new Error('x')],
];
