import type { Crypterer } from '@sqlcrypter/core';
import type { ContractCase, ContractGroup } from '../contract-case.js';
import { layoutOf } from '../frame-layout.js';
import { type Harness, syncSideOf } from '../harness.js';
import { errorOf, expectBytes, expectRefusals, outcomeOf, type Refusal } from '../outcome.js';
import { seededBytes } from '../seeded-random.js';

const CONTEXT = { c: 'employee.ssn' };
const PLAINTEXT = seededBytes('tampering', 20);

type Decrypt = (ciphertext: Buffer) => unknown;

function decryptOf(crypterer: Crypterer, sync: boolean): Decrypt {
  if (!sync) return (ciphertext) => crypterer.decrypt(ciphertext, { context: CONTEXT });
  const side = syncSideOf(crypterer);
  return (ciphertext) => side.decryptSync(ciphertext, { context: CONTEXT });
}

function* flippedBits(frame: Buffer, decrypt: Decrypt, sync: boolean): Generator<Refusal> {
  for (const { name, start, end, codes, syncCodes } of layoutOf(frame).regions) {
    for (let bit = start * 8; bit < end * 8; bit++) {
      const changed = Buffer.from(frame);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      yield {
        what: `bit ${bit} flipped, in the ${name}`,
        codes: (sync ? syncCodes : undefined) ?? codes,
        call: () => decrypt(changed),
      };
    }
  }
}

function* truncations(frame: Buffer, decrypt: Decrypt): Generator<Refusal> {
  const shortest = layoutOf(frame).ciphertextOffset + 16;
  for (let length = 0; length < frame.length; length++) {
    const code = length === 0 ? 'FRAME_UNKNOWN' : length < shortest ? 'FRAME_TRUNCATED' : 'AUTH_FAILED';
    yield { what: `cut to ${length} bytes`, codes: [code], call: () => decrypt(frame.subarray(0, length)) };
  }
}

function* extensions(frame: Buffer, decrypt: Decrypt): Generator<Refusal> {
  const tails = [1, 2, 12, 16, 255].flatMap((length) => [
    Buffer.alloc(length), // how a fixed-width binary column pads
    Buffer.alloc(length, 0x20), // how a fixed-width text column pads
    seededBytes(`tail ${length}`, length),
  ]);
  for (const tail of [...tails, frame, frame.subarray(-16)]) {
    const longer = Buffer.concat([frame, tail]);
    yield {
      what: `${tail.length} bytes ${tail.toString('hex', 0, 2)}… appended`,
      codes: ['AUTH_FAILED'],
      call: () => decrypt(longer),
    };
  }
}

function eachWay(name: string, refusals: (frame: Buffer, decrypt: Decrypt, sync: boolean) => Iterable<Refusal>) {
  const run = (sync: boolean, plaintext: Buffer) => async (harness: Harness) => {
    const crypterer = await harness.create();
    const frame = await crypterer.encrypt(plaintext, { context: CONTEXT });
    const decrypt = decryptOf(crypterer, sync);
    await expectRefusals(refusals(frame, decrypt, sync));
    expectBytes(await decrypt(frame), plaintext, 'the value left as it was');
  };
  const cases: ContractCase[] = [
    { name, run: run(false, PLAINTEXT) },
    { name: `${name}, of an empty value`, run: run(false, Buffer.alloc(0)) },
    { name: `${name}, also without a Promise`, needs: ['sync'], run: run(true, PLAINTEXT) },
  ];
  return cases;
}

export const tampering: ContractGroup = {
  name: 'tampering',
  cases: [
    ...eachWay('refuses a value with any one bit flipped', flippedBits),
    ...eachWay('refuses a value cut to any length', truncations),
    ...eachWay('refuses a value with bytes appended', extensions),
    {
      name: 'refuses ciphertext, nonce and tag of one value in the place of those of another',
      run: async ({ create }) => {
        const crypterer = await create();
        const [one, other] = await Promise.all([1, 2].map((n) => crypterer.encrypt(seededBytes(`value ${n}`, 20))));
        const { nonceOffset, ciphertextOffset, tagOffset } = layoutOf(one as Buffer);
        const parts = { nonce: [nonceOffset, ciphertextOffset], ciphertext: [ciphertextOffset, tagOffset] };
        await expectRefusals(
          Object.entries({ ...parts, tag: [tagOffset, undefined] }).map(([part, [start, end]]) => {
            const mixed = Buffer.from(one as Buffer);
            (other as Buffer).copy(mixed, start, start, end);
            return { what: `another value's ${part}`, codes: ['AUTH_FAILED'], call: () => crypterer.decrypt(mixed) };
          }),
        );
      },
    },
    {
      name: 'fails with one message whether the value, its tag or its context is wrong',
      run: async ({ create }) => {
        const crypterer = await create();
        const frame = await crypterer.encrypt(PLAINTEXT, { context: CONTEXT });
        const { nonceOffset, ciphertextOffset, tagOffset } = layoutOf(frame);
        const messages = new Set<string>();
        for (const offset of [nonceOffset, ciphertextOffset, tagOffset]) {
          const changed = Buffer.from(frame);
          changed[offset] = (changed[offset] as number) ^ 1;
          messages.add(String(await errorOf(() => crypterer.decrypt(changed, { context: CONTEXT }))));
        }
        messages.add(String(await errorOf(() => crypterer.decrypt(frame))));
        if (messages.size !== 1) throw new Error('different messages tell an attacker what was wrong');
      },
    },
    {
      name: 'does not answer a tampered value with null, with nothing or with an empty value',
      run: async ({ create }) => {
        const crypterer = await create();
        const frame = await crypterer.encrypt(PLAINTEXT);
        frame[frame.length - 1] = (frame.at(-1) as number) ^ 1;
        const outcome = await outcomeOf(() => crypterer.decrypt(frame));
        if (outcome.startsWith('no error')) throw new Error(`a tampered value was answered with ${outcome}`);
      },
    },
    {
      name: 'does not answer what it cannot decrypt with the same bytes',
      run: async ({ create }) => {
        const crypterer = await create();
        const frame = await crypterer.encrypt(PLAINTEXT);
        frame[frame.length - 1] = (frame.at(-1) as number) ^ 1;
        for (const bytes of [frame, Buffer.from('plaintext from before the encryption')]) {
          const result = await crypterer.decrypt(bytes).catch(() => undefined);
          if (result?.equals(bytes)) throw new Error('the bytes came back as if they were the plaintext');
        }
      },
    },
  ],
};
