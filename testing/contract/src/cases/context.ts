import type { EncryptionContext } from '@sqlcrypter/core';
import type { ContractGroup } from '../contract-case.js';
import { contextBytes } from '../forged-frame.js';
import { type Harness, syncSideOf } from '../harness.js';
import { expectBytes, expectRefusals, type Refusal } from '../outcome.js';

const PLAINTEXT = Buffer.from('999-00-1337');

/** All of these say `abc` when their names and values are joined. */
const SHIFTED: readonly EncryptionContext[] = [
  { abc: '' },
  { ab: 'c' },
  { a: 'bc' },
  { a: 'b', c: '' },
  { a: '', bc: '' },
  { a: '', b: 'c' },
  { a: '', b: '', c: '' },
];

/** Each decrypts nothing that another of them encrypted. */
const DIFFERENT: readonly (EncryptionContext | undefined)[] = [
  undefined,
  { c: 'employee.ssn' },
  { c: 'employee.SSN' },
  { c: 'employee.ssn ' },
  { c: 'employee.ssn\0' },
  { d: 'employee.ssn' },
  { c: '' },
  { c: 'employee.ssn', r: '1' },
  { c: 'employee.ssn', r: '2' },
  { c: '1', r: 'employee.ssn' },
  { c: 'é' },
  { c: 'e\u0301' },
  // The second name and value written into the first value as the format itself writes them.
  { c: Buffer.concat([Buffer.from('employee.ssn'), contextBytes({ r: '1' }).subarray(2)]) },
];

const INVALID: Readonly<Record<string, unknown>> = {
  null: null,
  'a string': 'employee.ssn',
  'a list': ['employee.ssn'],
  'a Map': new Map([['c', 'employee.ssn']]),
  'a number as a value': { r: 42 },
  'undefined as a value': { r: undefined },
  'null as a value': { r: null },
  'an object as a value': { r: {} },
  'an empty name': { '': 'x' },
  'a name with a capital': { C: 'x' },
  'a name that begins with a digit': { '1c': 'x' },
  'a name with a space': { 'c ': 'x' },
  'a name with a line break': { 'c\n': 'x' },
  'a name of 65 characters': { ['c'.repeat(65)]: 'x' },
  '65 names': Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`n${i}`, ''])),
  'a lone high surrogate': { c: 'a\ud800' },
  'a lone low surrogate': { c: '\udc00b' },
};

function describeContext(context: EncryptionContext | undefined): string {
  return context === undefined ? 'no context' : contextBytes(context).toString('latin1');
}

export const context: ContractGroup = {
  name: 'context',
  cases: [
    ...[
      { name: 'refuses a context whose boundaries were shifted', contexts: SHIFTED },
      { name: 'refuses another context than the value was encrypted with', contexts: DIFFERENT },
    ].map(({ name, contexts }) => ({
      name,
      run: async ({ create }: Harness) => {
        const crypterer = await create();
        const refusals: Refusal[] = [];
        for (const written of contexts) {
          const ciphertext = await crypterer.encrypt(PLAINTEXT, { context: written });
          expectBytes(await crypterer.decrypt(ciphertext, { context: written }), PLAINTEXT);
          for (const read of contexts.filter((other) => other !== written)) {
            refusals.push({
              what: `${describeContext(written)} read as ${describeContext(read)}`,
              codes: ['AUTH_FAILED'],
              call: () => crypterer.decrypt(ciphertext, { context: read }),
            });
          }
        }
        await expectRefusals(refusals);
      },
    })),
    {
      name: 'does not mind the order in which a context names things',
      run: async ({ create }) => {
        const crypterer = await create();
        const ciphertext = await crypterer.encrypt(PLAINTEXT, {
          context: { tn: '7', c: 'x', r: '1', 'a-b': '', a_b: '' },
        });
        const reordered = { a_b: '', r: '1', 'a-b': '', c: 'x', tn: '7' };
        expectBytes(await crypterer.decrypt(ciphertext, { context: reordered }), PLAINTEXT);
      },
    },
    {
      name: 'takes an empty context for none, and text for its UTF-8 bytes',
      run: async ({ create }) => {
        const crypterer = await create();
        const without = await crypterer.encrypt(PLAINTEXT);
        expectBytes(await crypterer.decrypt(without, { context: {} }), PLAINTEXT);
        const text = await crypterer.encrypt(PLAINTEXT, { context: { c: 'é𐀀' } });
        expectBytes(await crypterer.decrypt(text, { context: { c: new TextEncoder().encode('é𐀀') } }), PLAINTEXT);
      },
    },
    {
      name: 'takes as much context as is allowed',
      run: async ({ create }) => {
        const crypterer = await create();
        const names = Array.from({ length: 64 }, (_, i) => `n${i}.`.padEnd(64, '_-'));
        const largest = Object.fromEntries(names.map((name) => [name, Buffer.alloc(1000, name)]));
        const ciphertext = await crypterer.encrypt(PLAINTEXT, { context: largest });
        expectBytes(await crypterer.decrypt(ciphertext, { context: largest }), PLAINTEXT);
      },
    },
    {
      name: 'notices that the same object says something else now',
      run: async ({ create }) => {
        const crypterer = await create();
        const changing = { c: 'before', b: Buffer.from('before') };
        const ciphertext = await crypterer.encrypt(PLAINTEXT, { context: changing });
        expectBytes(await crypterer.decrypt(ciphertext, { context: changing }), PLAINTEXT);
        const refusals: Refusal[] = [];
        changing.c = 'after!';
        refusals.push({
          what: 'text changed',
          codes: ['AUTH_FAILED'],
          call: () => crypterer.decrypt(ciphertext, { context: changing }),
        });
        await expectRefusals(refusals);
        changing.c = 'before';
        changing.b.fill(0);
        await expectRefusals(refusals);
      },
    },
    {
      name: 'refuses what is no context',
      run: async ({ create }) => {
        const crypterer = await create();
        const ciphertext = await crypterer.encrypt(PLAINTEXT);
        await expectRefusals(
          Object.entries(INVALID).flatMap(([what, value]) => {
            const options = { context: value as EncryptionContext };
            const codes = ['CONTEXT_INVALID'];
            return [
              { what: `${what} to encrypt`, codes, call: () => crypterer.encrypt(PLAINTEXT, options) },
              { what: `${what} to decrypt`, codes, call: () => crypterer.decrypt(ciphertext, options) },
            ];
          }),
        );
      },
    },
    {
      name: 'refuses what is no context, also without a Promise',
      needs: ['sync'],
      run: async ({ create }) => {
        const crypterer = syncSideOf(await create());
        const ciphertext = crypterer.encryptSync(PLAINTEXT);
        await expectRefusals(
          Object.entries(INVALID).flatMap(([what, value]) => {
            const options = { context: value as EncryptionContext };
            const codes = ['CONTEXT_INVALID'];
            return [
              { what: `${what} to encrypt`, codes, call: () => crypterer.encryptSync(PLAINTEXT, options) },
              { what: `${what} to decrypt`, codes, call: () => crypterer.decryptSync(ciphertext, options) },
            ];
          }),
        );
      },
    },
  ],
};
