import type { ContractGroup } from '../contract-case.js';
import { layoutOf } from '../frame-layout.js';
import { expectRefusals, type Refusal } from '../outcome.js';
import { seededBytes } from '../seeded-random.js';

/** What columns hold that were not encrypted, or not with this. */
const NOT_FRAMES: Readonly<Record<string, Buffer>> = {
  'an empty value': Buffer.alloc(0),
  text: Buffer.from('999-00-1337'),
  'long text': Buffer.from('plaintext '.repeat(50)),
  JSON: Buffer.from('{"ssn":"999-00-1337"}'),
  'a frame as hex': Buffer.from('\\x00c71101020304'),
  'text that begins with a zero': Buffer.from('\0text of more than forty bytes, so long enough'),
  'a frame without its first byte': Buffer.concat([Buffer.from([0xc7]), Buffer.alloc(80)]),
  'random bytes': Buffer.concat([Buffer.from([1]), seededBytes('not a frame', 100)]),
  zeros: Buffer.alloc(100),
};

async function encrypted(crypterer: { encrypt(plaintext: Uint8Array): Promise<Buffer> }): Promise<Buffer> {
  return crypterer.encrypt(seededBytes('foreign input', 40));
}

export const foreignInput: ContractGroup = {
  name: 'what it did not write',
  cases: [
    {
      name: 'says of what is no frame that it is unknown',
      run: async ({ create }) => {
        const crypterer = await create();
        await expectRefusals(
          Object.entries(NOT_FRAMES).map(([what, bytes]) => ({
            what,
            codes: ['FRAME_UNKNOWN'],
            call: () => crypterer.decrypt(bytes),
          })),
        );
      },
    },
    {
      name: 'says of a frame of another version, suite or kind that it is unsupported',
      run: async ({ create }) => {
        const crypterer = await create();
        const frame = await encrypted(crypterer);
        const with_ = (offset: number, value: number, what: string): Refusal => {
          const changed = Buffer.from(frame);
          changed[offset] = value;
          return { what, codes: ['FRAME_UNSUPPORTED'], call: () => crypterer.decrypt(changed) };
        };
        const nibbles = Array.from({ length: 16 }, (_, n) => n);
        const kind = frame[3] as number;
        await expectRefusals([
          ...nibbles.filter((n) => n !== 1).map((n) => with_(2, (n << 4) | 2, `version ${n}`)),
          ...nibbles.filter((n) => n !== 1 && n !== 2).map((n) => with_(2, 0x10 | n, `suite ${n}`)),
          ...[0, 4, 5, 6, 7].map((n) => with_(3, n, `kind ${n}`)),
          ...[3, 4, 5, 6, 7].map((bit) => with_(3, kind | (1 << bit), `reserved bit ${bit}`)),
        ]);
      },
    },
    {
      name: 'refuses a value that was marked as one of the other suite',
      run: async ({ create }) => {
        const crypterer = await create();
        const frame = await encrypted(crypterer);
        frame[2] = (frame[2] as number) ^ 3;
        await expectRefusals([{ what: 'suite changed', codes: ['AUTH_FAILED'], call: () => crypterer.decrypt(frame) }]);
      },
    },
    {
      name: 'says of a key wrapped by another provider that it is unsupported',
      run: async ({ create }) => {
        const crypterer = await create();
        const frame = await encrypted(crypterer);
        const { kind, nonceOffset } = layoutOf(frame);
        const own = kind === 3 ? frame[20] : undefined;
        const others = [0, 1, 2, 3, 4, 5, 6, 127, 128, 255].filter((provider) => provider !== own);
        const start = Buffer.from([0, 0xc7, frame[2] as number, 3]);
        await expectRefusals(
          others.map((provider) => {
            const reference = Buffer.concat([
              seededBytes('fingerprint', 16),
              Buffer.from([provider, 0, 5, 1, 2, 3, 4, 5]),
            ]);
            const foreign = Buffer.concat([start, reference, frame.subarray(nonceOffset)]);
            return {
              what: `provider ${provider}`,
              codes: ['FRAME_UNSUPPORTED'],
              call: () => crypterer.decrypt(foreign),
            };
          }),
        );
      },
    },
  ],
};
