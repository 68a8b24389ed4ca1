import { describe, expect, it } from 'vitest';
import { decryptMany, encryptMany } from '../src/batch.js';
import { DataKey } from '../src/data-key.js';
import { defineCrypterer } from '../src/define-crypterer.js';
import { encodeContext } from '../src/encryption-context.js';
import { encodeFrameHeader, parseFrame } from '../src/frame.js';
import { requireModule } from './batch-engine-support.js';
import { otherCopies } from './other-copies.js';

const here = {
  core: { decryptMany, encryptMany },
  provider: { DataKey, defineCrypterer, encodeFrameHeader, parseFrame },
};
type Copy = typeof here;

const pairs = otherCopies.flatMap(({ name, ...other }) => [
  { making: `${name} makes the crypterer`, maker: other as Copy, batcher: here },
  { making: `${name} runs the batch`, maker: here, batcher: other as Copy },
]);

const fill = Buffer.alloc(32, 7);
const context = encodeContext(undefined);
const TEXTS = Array.from({ length: 1_000 }, (_, i) => `999-00-${i}`);

/** A crypterer that names its key to batches, and counts the values that it is called for one by one. */
function countingCrypterer({ provider }: Copy) {
  const dataKey = new provider.DataKey(fill);
  const header = provider.encodeFrameHeader('xaes-256-gcm', { kind: 1, id: dataKey.defaultId });
  let calls = 0;
  const crypterer = provider.defineCrypterer({
    scheme: 'counting',
    encryptSync(plaintext, { context: bound }) {
      calls += 1;
      return dataKey.seal(plaintext, header, bound);
    },
    decryptSync(ciphertext, { context: bound }) {
      calls += 1;
      return dataKey.open(ciphertext, provider.parseFrame(ciphertext), bound);
    },
    keyToOpen: (ciphertext) => ({ dataKey, layout: provider.parseFrame(ciphertext) }),
    keyToSeal: () => ({ dataKey, header }),
  });
  return { crypterer, calls: () => calls };
}

describe.each(pairs)('where $making', ({ maker, batcher }) => {
  it('a batch is sealed and opened by the engine, and not value by value', async () => {
    const { crypterer, calls } = countingCrypterer(maker);
    const stored = await batcher.core.encryptMany(
      TEXTS.map((text) => ({ plaintext: Buffer.from(text) })),
      { crypterer },
    );
    const opened = await batcher.core.decryptMany(
      stored.map((ciphertext) => ({ ciphertext })),
      { crypterer },
    );
    expect(opened.map(String)).toEqual(TEXTS);
    expect(calls()).toBe(0);
    expect(String(await crypterer.decrypt(stored[17] as Buffer))).toBe(TEXTS[17]);
  });
});

describe.each(otherCopies)('the memory of one engine, used by $name too', ({ provider }) => {
  it('is refused to a batch within a batch', () => {
    const module = requireModule();
    const theirs = new provider.DataKey(fill);
    const ours = new DataKey(Buffer.alloc(32, 8));
    const header = encodeFrameHeader('xaes-256-gcm', { kind: 1, id: 1 });
    const frames = theirs.sealMany(module, header, [Buffer.from('a')], [context]);
    const refusals: unknown[] = [];
    const take = (): void => {
      try {
        ours.sealMany(module, header, [Buffer.from('b')], [context]);
      } catch (error) {
        refusals.push(error);
      }
    };
    expect(theirs.openMany(module, parseFrame(frames[0] as Buffer), frames, [context], [0], take)).toEqual([]);
    expect(refusals).toMatchObject([{ message: 'The memory of the batch engine is in use' }]);
    expect(ours.sealMany(module, header, [Buffer.from('b')], [context])).toHaveLength(1);
  });
});
