import { expect } from 'vitest';
import type { ContractGroup } from '../contract-case.js';
import { layoutOf } from '../frame-layout.js';
import { syncSideOf } from '../harness.js';
import { expectBytes, outcomeOf } from '../outcome.js';
import { seededBytes } from '../seeded-random.js';

const CONTEXT = { c: 'employee.ssn', r: '7' };

export const syncSide: ContractGroup = {
  name: 'synchronous side',
  cases: [
    {
      name: 'decrypts at once what was encrypted with a Promise, and the other way round',
      needs: ['sync'],
      run: async ({ create }) => {
        const crypterer = syncSideOf(await create());
        for (const length of [0, 1, 16, 100, 4096]) {
          const plaintext = seededBytes('both ways', length);
          const later = await crypterer.encrypt(plaintext, { context: CONTEXT });
          const atOnce = crypterer.encryptSync(plaintext, { context: CONTEXT });
          expectBytes(crypterer.decryptSync(later, { context: CONTEXT }), plaintext);
          expectBytes(await crypterer.decrypt(atOnce, { context: CONTEXT }), plaintext);
          expect(atOnce.length).toBe(later.length);
        }
      },
    },
    {
      name: 'writes the same header at once and with a Promise',
      needs: ['sync'],
      run: async ({ create }) => {
        const crypterer = syncSideOf(await create());
        const later = await crypterer.encrypt(Buffer.from('x'));
        const atOnce = crypterer.encryptSync(Buffer.from('x'));
        const { nonceOffset } = layoutOf(later);
        expectBytes(atOnce.subarray(0, nonceOffset), later.subarray(0, nonceOffset), 'the header');
      },
    },
    {
      name: 'fails at once with the code that the Promise rejects with',
      needs: ['sync'],
      run: async ({ create }) => {
        const crypterer = syncSideOf(await create());
        const frame = crypterer.encryptSync(Buffer.from('agree'), { context: CONTEXT });
        const flipped = Buffer.from(frame);
        flipped[flipped.length - 1] = (flipped.at(-1) as number) ^ 1;
        const inputs = [
          frame,
          flipped,
          frame.subarray(0, 30),
          frame.subarray(0, 1),
          Buffer.alloc(0),
          Buffer.from('text'),
        ];
        for (const input of inputs) {
          const later = await outcomeOf(() => crypterer.decrypt(input));
          expect(await outcomeOf(() => crypterer.decryptSync(input))).toBe(later);
        }
      },
    },
    {
      name: 'gives bytes and throws, never a Promise',
      needs: ['sync'],
      run: async ({ create }) => {
        const crypterer = syncSideOf(await create());
        expect(Buffer.isBuffer(crypterer.encryptSync(Buffer.from('x')))).toBe(true);
        expect(() => crypterer.decryptSync(Buffer.from('text'))).toThrow();
      },
    },
  ],
};
