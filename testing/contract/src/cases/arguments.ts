import type { CryptOptions } from '@sqlcrypter/core';
import type { ContractGroup } from '../contract-case.js';
import { keyLoaderOf, syncSideOf } from '../harness.js';
import { expectRefusals, type Refusal } from '../outcome.js';

const NOT_BYTES: Readonly<Record<string, unknown>> = {
  undefined,
  null: null,
  'a string': '999-00-1337',
  'a number': 5,
  'a boolean': true,
  'an object': {},
  'a list of numbers': [1, 2, 3],
  'an ArrayBuffer': new ArrayBuffer(8),
  'a DataView': new DataView(new ArrayBuffer(8)),
  'a Uint16Array': new Uint16Array(4),
  'an Int8Array': new Int8Array(4),
  'the JSON of a Buffer': Buffer.from('x').toJSON(),
  'a Promise of bytes': Promise.resolve(new Uint8Array(1)),
};

const WRONG_OPTIONS: readonly { what: string; options: unknown; code: string }[] = [
  { what: 'null as options', options: null, code: 'INVALID_ARGUMENT' },
  { what: 'a number as options', options: 5, code: 'INVALID_ARGUMENT' },
  { what: 'a string as options', options: 'employee.ssn', code: 'INVALID_ARGUMENT' },
  { what: 'a controller as signal', options: { signal: new AbortController() }, code: 'INVALID_ARGUMENT' },
  { what: 'a boolean as signal', options: { signal: true }, code: 'INVALID_ARGUMENT' },
  { what: 'null as signal', options: { signal: null }, code: 'INVALID_ARGUMENT' },
];

type Call = (value: never, options: never) => unknown;

function wrongCalls(calls: Readonly<Record<string, Call>>, scopes: boolean): Refusal[] {
  const wrongOptions = scopes
    ? WRONG_OPTIONS
    : [...WRONG_OPTIONS, { what: 'a scope', options: { scope: 'tenant-7' }, code: 'UNSUPPORTED' }];
  return Object.entries(calls).flatMap(([name, call]) => [
    ...Object.entries(NOT_BYTES).map(([what, value]) => ({
      what: `${name} of ${what}`,
      codes: ['INVALID_ARGUMENT'],
      call: () => call(value as never, undefined as never),
    })),
    ...wrongOptions.map(({ what, options, code }) => ({
      what: `${name} with ${what}`,
      codes: [code],
      call: () => call(Buffer.from('x') as never, options as never),
    })),
  ]);
}

export const argumentCases: ContractGroup = {
  name: 'arguments',
  cases: [
    {
      name: 'refuses arguments of the wrong type',
      run: async ({ create, options }) => {
        const crypterer = await create();
        const calls = {
          encrypt: (value: Uint8Array, o: CryptOptions) => crypterer.encrypt(value, o),
          decrypt: (value: Uint8Array, o: CryptOptions) => crypterer.decrypt(value, o),
        };
        await expectRefusals(wrongCalls(calls, options.capabilities.scopes === true));
      },
    },
    {
      name: 'refuses arguments of the wrong type, also without a Promise',
      needs: ['sync'],
      run: async ({ create, options }) => {
        const crypterer = syncSideOf(await create());
        const calls = {
          encryptSync: (value: Uint8Array, o: CryptOptions) => crypterer.encryptSync(value, o),
          decryptSync: (value: Uint8Array, o: CryptOptions) => crypterer.decryptSync(value, o),
        };
        await expectRefusals(wrongCalls(calls, options.capabilities.scopes === true));
      },
    },
    {
      name: 'rejects rather than throws where it gives a Promise',
      run: async ({ create }) => {
        const crypterer = await create();
        for (const call of [() => crypterer.encrypt('text' as never), () => crypterer.decrypt(null as never)]) {
          const promise = call();
          await promise.then(
            () => Promise.reject(new Error('the call succeeded')),
            () => undefined,
          );
        }
      },
    },
    {
      name: 'refuses to load the keys of what is no ciphertext',
      needs: ['keyLoader'],
      run: async ({ create }) => {
        const crypterer = keyLoaderOf(await create());
        await expectRefusals(
          Object.entries(NOT_BYTES).map(([what, value]) => ({
            what,
            codes: ['INVALID_ARGUMENT'],
            call: () => crypterer.loadKeys([value as Uint8Array]),
          })),
        );
      },
    },
  ],
};
