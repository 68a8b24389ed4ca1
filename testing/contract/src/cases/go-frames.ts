import type { Crypterer } from '@sqlcrypter/core';
import type { ContractGroup } from '../contract-case.js';
import type { ContractOptions } from '../contract-options.js';
import { layoutOf } from '../frame-layout.js';
import type { Harness } from '../harness.js';
import { expectBytes, expectRefusals } from '../outcome.js';
import { seededBytes } from '../seeded-random.js';

const PLAINTEXT = seededBytes('go frames', 40);

function withGoFrames({ options, keep }: Harness, mode: 'read' | 'write'): Promise<Crypterer> {
  const goFrames = options.goFrames as Exclude<ContractOptions['goFrames'], 'none' | undefined>;
  return keep(goFrames(mode));
}

/** A Go frame whose first byte is not that of a v1 frame, which it is by chance once in 256 times. */
async function goFrame(harness: Harness): Promise<Buffer> {
  const writer = await withGoFrames(harness, 'write');
  for (;;) {
    const frame = await writer.encrypt(PLAINTEXT);
    if (frame[0] !== 0) return frame;
  }
}

/** What is left of a v1 frame when it is made to look like one of the Go library, which has no header. */
function downgraded(frame: Buffer): Buffer {
  const { kind, ciphertextOffset } = layoutOf(frame);
  const body = frame.subarray(ciphertextOffset - 12);
  if (kind !== 3) return body;
  const wrapped = frame.subarray(23, 23 + frame.readUInt16BE(21));
  return Buffer.concat([Buffer.from([wrapped.length & 0xff]), wrapped, body]);
}

export const goFrames: ContractGroup = {
  name: 'frames of the Go library',
  cases: [
    {
      name: 'reads them where that is allowed, and only there',
      needs: ['goFrames'],
      run: async (harness) => {
        const frame = await goFrame(harness);
        const allowed = await withGoFrames(harness, 'read');
        expectBytes(await allowed.decrypt(frame), PLAINTEXT);
        const strict = await harness.create();
        await expectRefusals([{ what: 'not allowed', codes: ['FRAME_UNKNOWN'], call: () => strict.decrypt(frame) }]);
      },
    },
    {
      name: 'writes v1 frames where it is only allowed to read them',
      needs: ['goFrames'],
      run: async (harness) => {
        const frame = await (await withGoFrames(harness, 'read')).encrypt(PLAINTEXT);
        layoutOf(frame);
        expectBytes(await (await harness.create()).decrypt(frame), PLAINTEXT);
      },
    },
    {
      name: 'refuses a v1 value that was cut down to look like one of them',
      needs: ['goFrames'],
      run: async (harness) => {
        const strict = await harness.create();
        const reader = await withGoFrames(harness, 'read');
        let frame = downgraded(await strict.encrypt(PLAINTEXT));
        while (frame[0] === 0) frame = downgraded(await strict.encrypt(PLAINTEXT));
        await expectRefusals([
          { what: 'strict', codes: ['FRAME_UNKNOWN'], call: () => strict.decrypt(frame) },
          { what: 'reader', codes: ['FRAME_UNKNOWN', 'AUTH_FAILED'], call: () => reader.decrypt(frame) },
        ]);
      },
    },
    {
      name: 'keeps values bound to their context where they are allowed',
      needs: ['goFrames'],
      run: async (harness) => {
        const reader = await withGoFrames(harness, 'read');
        const frame = await reader.encrypt(PLAINTEXT, { context: { c: 'employee.ssn' } });
        await expectRefusals([
          {
            what: 'another context',
            codes: ['AUTH_FAILED'],
            call: () => reader.decrypt(frame, { context: { c: 'x' } }),
          },
          { what: 'no context', codes: ['AUTH_FAILED'], call: () => reader.decrypt(frame) },
        ]);
      },
    },
    {
      name: 'refuses one of them with any bit flipped',
      needs: ['goFrames'],
      run: async (harness) => {
        const frame = await goFrame(harness);
        const reader = await withGoFrames(harness, 'read');
        // Behind the wrapped key, where there is one: a nonce of 12 bytes, the ciphertext, and a tag of 16.
        const start = frame.length - PLAINTEXT.length - 28;
        const bits = Array.from({ length: (frame.length - start) * 8 }, (_, i) => start * 8 + i);
        await expectRefusals(
          bits.map((bit) => {
            const changed = Buffer.from(frame);
            changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
            return {
              what: `bit ${bit}`,
              // A first byte that becomes zero makes it look like a v1 frame.
              codes: ['AUTH_FAILED', 'FRAME_UNKNOWN', 'FRAME_TRUNCATED', 'FRAME_UNSUPPORTED'],
              call: () => reader.decrypt(changed),
            };
          }),
        );
      },
    },
  ],
};
