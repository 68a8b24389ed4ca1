import { expect } from 'vitest';
import type { ContractGroup } from '../contract-case.js';
import { expectBytes, outcomeOf } from '../outcome.js';

export const vectors: ContractGroup = {
  name: 'vectors',
  cases: [
    {
      name: 'reads every earlier value, and refuses the faulty ones with their codes',
      needs: ['vectors'],
      run: async ({ create, keep, options }) => {
        expect(options.vectors?.length).toBeGreaterThan(0);
        const own = await create();
        for (const { name, ciphertext, context, plaintext, code, create: other } of options.vectors ?? []) {
          const crypterer = other === undefined ? own : await keep(other());
          if (code !== undefined) {
            expect(await outcomeOf(() => crypterer.decrypt(ciphertext, { context })), name).toBe(code);
          } else {
            expectBytes(await crypterer.decrypt(ciphertext, { context }), plaintext ?? Buffer.alloc(0), name);
          }
        }
      },
    },
  ],
};
