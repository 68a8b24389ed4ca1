import { expect } from 'vitest';
import type { ContractGroup } from '../contract-case.js';
import { layoutOf, WRAPPED_KEY_CODES } from '../frame-layout.js';
import { errorOf, expectBytes, expectRefusals } from '../outcome.js';
import { seededBytes } from '../seeded-random.js';

const PLAINTEXT = seededBytes('keys', 40);

function keyReferenceOf(frame: Buffer): Buffer {
  return frame.subarray(4, layoutOf(frame).nonceOffset);
}

/** How a value is refused whose key this crypterer does not have. */
function foreignKeyCodes(frame: Buffer): readonly string[] {
  return layoutOf(frame).kind === 3 ? WRAPPED_KEY_CODES.filter((code) => code !== 'KEY_COMMITMENT') : ['KEY_NOT_FOUND'];
}

export const keys: ContractGroup = {
  name: 'keys',
  cases: [
    {
      name: "does not have the key of another crypterer's value",
      run: async ({ create, createOther }) => {
        const [one, other] = [await create(), await createOther()];
        const [ofOne, ofOther] = [await one.encrypt(PLAINTEXT), await other.encrypt(PLAINTEXT)];
        await expectRefusals([
          { what: 'value of the other', codes: foreignKeyCodes(ofOther), call: () => one.decrypt(ofOther) },
          { what: 'value for the other', codes: foreignKeyCodes(ofOne), call: () => other.decrypt(ofOne) },
        ]);
      },
    },
    {
      name: 'says that no retry will bring a missing key',
      run: async ({ create, createOther }) => {
        const foreign = await (await createOther()).encrypt(PLAINTEXT);
        const crypterer = await create();
        expect(await errorOf(() => crypterer.decrypt(foreign))).toMatchObject({ retryable: false });
      },
    },
    {
      name: 'refuses a value whose key reference was exchanged for that of another key',
      run: async ({ create, createOther }) => {
        const crypterer = await create();
        const own = await crypterer.encrypt(PLAINTEXT);
        const foreign = await (await createOther()).encrypt(PLAINTEXT);
        const exchanged = Buffer.concat([
          own.subarray(0, 4),
          keyReferenceOf(foreign),
          own.subarray(layoutOf(own).nonceOffset),
        ]);
        await expectRefusals([
          { what: 'exchanged', codes: foreignKeyCodes(exchanged), call: () => crypterer.decrypt(exchanged) },
        ]);
      },
    },
    {
      name: 'reads the values of a previous key, and writes under the new one',
      needs: ['rotate'],
      run: async ({ create, keep, options }) => {
        const before = await (await create()).encrypt(PLAINTEXT);
        const rotated = await keep((options.rotate as NonNullable<typeof options.rotate>)());
        const after = await rotated.encrypt(PLAINTEXT);
        expectBytes(await rotated.decrypt(before), PLAINTEXT, 'the value of the previous key');
        expectBytes(await rotated.decrypt(after), PLAINTEXT, 'the value of the new key');
        expect(keyReferenceOf(after).equals(keyReferenceOf(before)), 'the new value names the previous key').toBe(
          false,
        );
      },
    },
  ],
};
