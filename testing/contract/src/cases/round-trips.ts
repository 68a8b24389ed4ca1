import { expect } from 'vitest';
import type { ContractGroup } from '../contract-case.js';
import { layoutOf } from '../frame-layout.js';
import type { Harness } from '../harness.js';
import { expectBytes } from '../outcome.js';
import { seededBytes } from '../seeded-random.js';

const SIZES = [0, 1, 15, 16, 17, 255, 256, 4096, 2 ** 20];

const CONTEXT = { c: 'employee.ssn', r: '42' };

export const roundTrips: ContractGroup = {
  name: 'round trips',
  cases: [
    ...SIZES.map((size) => ({
      name: `gives back a value of ${size} bytes`,
      run: async ({ create }: Harness) => {
        const crypterer = await create();
        const plaintext = seededBytes(`round trip of ${size}`, size);
        const ciphertext = await crypterer.encrypt(plaintext, { context: CONTEXT });
        expectBytes(await crypterer.decrypt(ciphertext, { context: CONTEXT }), plaintext, 'the plaintext');
        expectBytes(await crypterer.decrypt(await crypterer.encrypt(plaintext)), plaintext, 'without context');
      },
    })),
    {
      name: 'gives back seeded random bytes of every length up to 300',
      run: async ({ create }) => {
        const crypterer = await create();
        for (let length = 0; length <= 300; length++) {
          const plaintext = seededBytes(`bytes ${length}`, length);
          expectBytes(await crypterer.decrypt(await crypterer.encrypt(plaintext)), plaintext, `${length} bytes`);
        }
      },
    },
    {
      name: 'gives back bytes that are no text, or only zeros, or look like a frame',
      run: async ({ create }) => {
        const crypterer = await create();
        const frame = await crypterer.encrypt(Buffer.from('inner'));
        for (const plaintext of [Buffer.alloc(64), Buffer.from([0, 0xc7]), Buffer.from([0xff, 0xfe, 0]), frame]) {
          expectBytes(await crypterer.decrypt(await crypterer.encrypt(plaintext)), plaintext);
        }
      },
    },
    {
      name: 'encrypts the empty value to a frame, not to nothing',
      run: async ({ create }) => {
        const crypterer = await create();
        const ciphertext = await crypterer.encrypt(new Uint8Array(0));
        expect(Buffer.isBuffer(ciphertext)).toBe(true);
        const { ciphertextOffset, tagOffset } = layoutOf(ciphertext);
        expect(tagOffset - ciphertextOffset).toBe(0);
        expectBytes(await crypterer.decrypt(ciphertext), Buffer.alloc(0));
      },
    },
    {
      name: 'takes a Uint8Array that is a window into a larger buffer',
      run: async ({ create }) => {
        const crypterer = await create();
        const memory = new Uint8Array(seededBytes('window', 300));
        const plaintext = memory.subarray(100, 200);
        const ciphertext = await crypterer.encrypt(plaintext);
        const around = new Uint8Array(ciphertext.length + 20).fill(0xaa);
        around.set(ciphertext, 10);
        expectBytes(await crypterer.decrypt(around.subarray(10, 10 + ciphertext.length)), plaintext);
      },
    },
    {
      name: 'encrypts the same value to other bytes each time',
      run: async ({ create }) => {
        const crypterer = await create();
        const plaintext = Buffer.from('999-00-1337');
        const seen = new Set<string>();
        for (let i = 0; i < 100; i++) seen.add((await crypterer.encrypt(plaintext)).toString('latin1'));
        expect(seen.size).toBe(100);
      },
    },
    {
      name: 'leaves nothing of the plaintext readable in the ciphertext',
      run: async ({ create }) => {
        const crypterer = await create();
        const plaintext = seededBytes('readable', 64);
        const ciphertext = (await crypterer.encrypt(plaintext)).toString('latin1');
        for (let offset = 0; offset + 4 <= plaintext.length; offset++) {
          expect(ciphertext.includes(plaintext.toString('latin1', offset, offset + 4))).toBe(false);
        }
      },
    },
    {
      name: 'reads after a restart what was written before it',
      run: async ({ create, reload }) => {
        const plaintext = Buffer.from('written before the restart');
        const ciphertext = await (await create()).encrypt(plaintext, { context: CONTEXT });
        const restarted = await reload();
        expectBytes(await restarted.decrypt(ciphertext, { context: CONTEXT }), plaintext);
      },
    },
    {
      name: 'serves 1,000 concurrent calls in each direction',
      run: async ({ create, reload }) => {
        const plaintexts = Array.from({ length: 1000 }, (_, i) => seededBytes(`concurrent ${i}`, i % 50));
        const writer = await create();
        const ciphertexts = await Promise.all(
          plaintexts.map((plaintext, i) => writer.encrypt(plaintext, { context: { r: String(i) } })),
        );
        for (const reader of [writer, await reload()]) {
          const results = await Promise.all(
            ciphertexts.map((ciphertext, i) => reader.decrypt(ciphertext, { context: { r: String(i) } })),
          );
          for (const [i, plaintext] of plaintexts.entries()) expectBytes(results[i], plaintext, `value ${i}`);
        }
      },
    },
  ],
};
