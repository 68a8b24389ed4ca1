import type { Suite } from '@sqlcrypter/core';
import { expect } from 'vitest';
import type { ContractCase, ContractGroup, Need } from '../contract-case.js';
import type { ContractOptions, KnownDataKeys } from '../contract-options.js';
import { authenticatedData, contextBytes, forgeFrame, gcmInput, nonceLength, openForged } from '../forged-frame.js';
import { layoutOf } from '../frame-layout.js';
import type { Harness } from '../harness.js';
import { expectBytes, expectRefusals, type Refusal } from '../outcome.js';
import { salamander } from '../salamander.js';
import { seededBytes } from '../seeded-random.js';

const SUITES: readonly Suite[] = ['xaes-256-gcm', 'aes-256-gcm'];
const DATA_KEYS = [seededBytes('first data key', 32), seededBytes('second data key', 32)] as const;
const PLAINTEXT = Buffer.from('999-00-1337');
const CONTEXT = { c: 'employee.ssn', r: '42' };

async function knownDataKeys({ options, keep }: Harness): Promise<KnownDataKeys> {
  const { withDataKeys } = options as Required<Pick<ContractOptions, 'withDataKeys'>>;
  const known = await withDataKeys(Buffer.from(DATA_KEYS[0]), Buffer.from(DATA_KEYS[1]));
  await keep(known.crypterer);
  return known;
}

interface Forging {
  readonly known: KnownDataKeys;
  readonly suite: Suite;
  readonly nonce: Buffer;
}

/** A case that forges values, in both suites: a reader knows both whatever it writes. */
function inBothSuites(
  name: string,
  run: (forging: Forging) => Promise<void>,
  needs: readonly Need[] = [],
): ContractCase {
  return {
    name,
    needs: ['withDataKeys', ...needs],
    run: async (harness) => {
      const known = await knownDataKeys(harness);
      for (const suite of SUITES)
        await run({ known, suite, nonce: seededBytes(`nonce of ${name}`, nonceLength(suite)) });
    },
  };
}

export const commitment: ContractGroup = {
  name: 'format and key commitment',
  cases: [
    {
      name: 'writes frames that an independent implementation of the format opens',
      needs: ['withDataKeys'],
      run: async (harness) => {
        const { crypterer, header } = await knownDataKeys(harness);
        const frame = await crypterer.encrypt(PLAINTEXT, { context: CONTEXT });
        const { suite: number, nonceOffset } = layoutOf(frame);
        const suite = number === 1 ? 'aes-256-gcm' : 'xaes-256-gcm';
        const expected = header(0, suite);
        expectBytes(frame.subarray(0, nonceOffset), expected, 'the header under the first data key');
        const data = authenticatedData(expected, contextBytes(CONTEXT));
        expectBytes(openForged(DATA_KEYS[0], suite, frame.subarray(nonceOffset), data), PLAINTEXT);
      },
    },
    inBothSuites('reads frames of an independent implementation of the format', async ({ known, suite, nonce }) => {
      for (const which of [0, 1] as const) {
        for (const context of [{}, CONTEXT]) {
          const header = known.header(which, suite);
          const data = authenticatedData(header, contextBytes(context));
          const frame = forgeFrame({ dataKey: DATA_KEYS[which], suite, header, nonce, plaintext: PLAINTEXT, data });
          expectBytes(await known.crypterer.decrypt(frame, { context }), PLAINTEXT, `data key ${which}, ${suite}`);
        }
      }
    }),
    inBothSuites('refuses a value whose header is authenticated only in part', async ({ known, suite, nonce }) => {
      const header = known.header(0, suite);
      const refusals: Refusal[] = [];
      for (let length = 0; length < header.length; length++) {
        const data = authenticatedData(header.subarray(0, length), contextBytes());
        const frame = forgeFrame({ dataKey: DATA_KEYS[0], suite, header, nonce, plaintext: PLAINTEXT, data });
        refusals.push({
          what: `the first ${length} bytes of the header authenticated, ${suite}`,
          codes: ['AUTH_FAILED'],
          call: () => known.crypterer.decrypt(frame),
        });
      }
      await expectRefusals(refusals);
    }),
    inBothSuites(
      'refuses a value that is authenticated otherwise than the format says',
      async ({ known, suite, nonce }) => {
        const header = Buffer.from(known.header(0, suite));
        const full = authenticatedData(header, contextBytes());
        const wrong: Record<string, Buffer> = {
          nothing: Buffer.alloc(0),
          'the header alone': header,
          'the context left out': full.subarray(0, full.length - 2),
          'the domain left out': full.subarray(12),
          'another domain': Buffer.concat([Buffer.from('sqlcrypter/2'), full.subarray(12)]),
        };
        await expectRefusals(
          Object.entries(wrong).map(([what, data]) => {
            const frame = forgeFrame({ dataKey: DATA_KEYS[0], suite, header, nonce, plaintext: PLAINTEXT, data });
            return { what: `${what}, ${suite}`, codes: ['AUTH_FAILED'], call: () => known.crypterer.decrypt(frame) };
          }),
        );
      },
    ),
    inBothSuites('tries no other key than the one that a value names', async ({ known, suite, nonce }) => {
      await expectRefusals(
        ([0, 1] as const).map((named) => {
          const header = known.header(named, suite);
          const dataKey = DATA_KEYS[named === 0 ? 1 : 0];
          const frame = forgeFrame({ dataKey, suite, header, nonce, plaintext: PLAINTEXT });
          return {
            what: `names data key ${named} and opens under the other, ${suite}`,
            codes: ['AUTH_FAILED'],
            call: () => known.crypterer.decrypt(frame),
          };
        }),
      );
    }),
    inBothSuites('opens one ciphertext that is valid under two keys only as its header says', async (forging) => {
      const { known, suite, nonce } = forging;
      const [first, second] = DATA_KEYS.map((dataKey) => gcmInput(dataKey, suite, nonce));
      for (const named of [0, 1] as const) {
        const header = known.header(named, suite);
        const data = authenticatedData(header, contextBytes());
        const body = Buffer.concat([nonce, salamander(first as never, second as never, data)]);
        const plaintexts = DATA_KEYS.map((dataKey) => openForged(dataKey, suite, body, data));
        expect(plaintexts[0]).not.toEqual(plaintexts[1]);
        const opened = await known.crypterer.decrypt(Buffer.concat([header, body]));
        expectBytes(opened, plaintexts[named] as Buffer, `the value that names data key ${named}, ${suite}`);
        const renamed = Buffer.concat([known.header(named === 0 ? 1 : 0, suite), body]);
        await expectRefusals([
          { what: 'header exchanged', codes: ['AUTH_FAILED'], call: () => known.crypterer.decrypt(renamed) },
        ]);
      }
    }),
    inBothSuites(
      'holds a wrapped key to the fingerprint beside it',
      async ({ known, suite, nonce }) => {
        const [first, second] = [Buffer.from(known.header(0, suite)), Buffer.from(known.header(1, suite))];
        if (first[3] !== 3) return; // Keys that are loaded by their fingerprint alone come with nothing to compare.
        const mixed = Buffer.concat([first.subarray(0, 20), second.subarray(20)]);
        await expectRefusals(
          DATA_KEYS.map((dataKey, which) => {
            const frame = forgeFrame({ dataKey, suite, header: mixed, nonce, plaintext: PLAINTEXT });
            return {
              what: `fingerprint of the first, wrapped second, encrypted under data key ${which}, ${suite}`,
              codes: ['KEY_COMMITMENT'],
              call: () => known.crypterer.decrypt(frame),
            };
          }),
        );
      },
      ['keyLoader'],
    ),
  ],
};
