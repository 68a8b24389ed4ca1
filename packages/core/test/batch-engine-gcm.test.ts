import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { BatchKey } from '../src/batch-engine/batch-key.js';
import { CounterCipher } from '../src/batch-engine/counter-cipher.js';
import { DATA, FRAMES, KEY_STREAM, START, STREAMS } from '../src/batch-engine/memory-map.js';
import { openMany } from '../src/batch-engine/open-many.js';
import { sealMany } from '../src/batch-engine/seal-many.js';
import {
  openWithEngine,
  openWithNode,
  requireModule,
  Seeded,
  sealWithEngine,
  sealWithNode,
  type TestKey,
  testKey,
} from './batch-engine-support.js';

const NOTHING = Buffer.alloc(0);
const NAMES_OF_SIZES = [0, 1, 15, 16, 17, 31, 32, 33, 100, 255, 256];

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

/** The test cases for AES-256 with nonces of 12 bytes in the specification of GCM that was handed in to NIST. */
const VECTORS = [
  {
    number: 13,
    key: '00'.repeat(32),
    nonce: '00'.repeat(12),
    data: '',
    text: '',
    ciphertext: '',
    tag: '530f8afbc74536b9a963b4f1c4cb738b',
  },
  {
    number: 14,
    key: '00'.repeat(32),
    nonce: '00'.repeat(12),
    data: '',
    text: '00'.repeat(16),
    ciphertext: 'cea7403d4d606b6e074ec5d3baf39d18',
    tag: 'd0d1c8a799996bf0265b98b5d48ab919',
  },
  {
    number: 15,
    key: 'feffe9928665731c6d6a8f9467308308'.repeat(2),
    nonce: 'cafebabefacedbaddecaf888',
    data: '',
    text: 'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255',
    ciphertext:
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad',
    tag: 'b094dac5d93471bdec1a502270e3cc6c',
  },
  {
    number: 16,
    key: 'feffe9928665731c6d6a8f9467308308'.repeat(2),
    nonce: 'cafebabefacedbaddecaf888',
    data: 'feedfacedeadbeeffeedfacedeadbeefabaddad2',
    text: 'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
    ciphertext:
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662',
    tag: '76fc6ece0f4e1768cddf8853bb2d551b',
  },
] as const;

describe('the batch engine', () => {
  it.each(VECTORS)(
    'agrees with test case $number of the GCM specification',
    ({ key, nonce, data, text, ciphertext, tag }) => {
      const testedKey = testKey(hex(key), NOTHING, NOTHING);
      const frame = hex(nonce + ciphertext + tag);
      const frames = sealMany(requireModule(), testedKey.batchKey, [hex(text)], [hex(data)], (memory, offset) => {
        hex(nonce).copy(memory, offset);
      });
      expect(frames).toEqual([frame]);
      expect(openWithEngine(testedKey, [frame], [hex(data)])).toEqual({ texts: [hex(text)], refused: [] });
    },
  );

  it('takes the authenticated data as one, wherever the line between what is shared and what is not falls', () => {
    const random = new Seeded(1);
    for (let before = 0; before <= 48; before++) {
      for (const same of [0, 1, 15, 16, 17, 40]) {
        const key = testKey(random.bytes(32), random.bytes(5), random.bytes(before));
        const lead = random.bytes(same);
        const contexts = Array.from({ length: 18 }, (_, i) => Buffer.concat([lead, random.bytes(i % 7)]));
        const texts = contexts.map((_, i) => random.bytes(i));
        const frames = sealWithEngine(key, texts, contexts);
        expect(frames.map((frame, i) => openWithNode(key, frame, contexts[i] as Buffer))).toEqual(texts);
        expect(openWithEngine(key, frames, contexts)).toEqual({ texts, refused: [] });
      }
    }
  });

  it('refuses every value in which a single bit was changed, and no other', () => {
    const random = new Seeded(2);
    const key = testKey(random.bytes(32), random.bytes(20), random.bytes(30));
    const contexts = NAMES_OF_SIZES.map((size) => random.bytes(size % 37));
    const texts = NAMES_OF_SIZES.map((size) => random.bytes(size));
    const frames = texts.map((text, i) => sealWithNode(key, random.bytes(12), text, contexts[i] as Buffer));
    let flips = 0;
    for (const list of [frames, contexts]) {
      for (const [position, bytes] of list.entries()) {
        for (let bit = 0; bit < 8 * bytes.length; bit++) {
          bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
          const { texts: opened, refused } = openWithEngine(key, frames, contexts);
          bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
          // Compared by hand: a million expectations take longer than the ciphers.
          const isRight = opened.every((text, i) =>
            i === position ? text === undefined : text?.equals(texts[i] as Buffer),
          );
          if (refused.length !== 1 || refused[0] !== position || !isRight)
            expect.fail(`bit ${bit} of value ${position}`);
          flips += 1;
        }
      }
    }
    expect(flips).toBe(8 * [...frames, ...contexts].reduce((sum, { length }) => sum + length, 0));
  });

  it('refuses bits that were changed in what every value shares', () => {
    const random = new Seeded(3);
    const key = testKey(random.bytes(32), random.bytes(20), random.bytes(30));
    const texts = NAMES_OF_SIZES.map((size) => random.bytes(size));
    const contexts = texts.map(() => NOTHING);
    const frames = sealWithEngine(key, texts, contexts);
    const all = texts.map((_, position) => position);
    for (let bit = 0; bit < 8 * 30; bit++) {
      const dataBeforeContext = Buffer.from(key.dataBeforeContext);
      dataBeforeContext[bit >> 3] = (dataBeforeContext[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(openWithEngine(testKey(key.raw, key.start, dataBeforeContext), frames, contexts).refused).toEqual(all);
    }
  });

  it('opens what is above and below a refused value, in batches of any number', () => {
    const random = new Seeded(4);
    const key = testKey(random.bytes(32), NOTHING, NOTHING);
    for (const count of [1, 2, 15, 16, 17, 31, 32, 33, 511, 512, 513, 1030]) {
      const texts = Array.from({ length: count }, () => random.bytes(random.below(40)));
      const contexts = texts.map(() => NOTHING);
      const frames = sealWithEngine(key, texts, contexts).map((frame) => Buffer.from(frame));
      const bad = random.below(count);
      const frame = frames[bad] as Buffer;
      frame[frame.length - 1] = (frame[frame.length - 1] as number) ^ 1;
      const { texts: opened, refused } = openWithEngine(key, frames, contexts);
      expect(refused).toEqual([bad]);
      expect(opened).toEqual(texts.map((text, i) => (i === bad ? undefined : text)));
    }
  });

  it('works on any alignment of a text in its memory', () => {
    const random = new Seeded(5);
    for (let start = 0; start < 40; start++) {
      const key = testKey(random.bytes(32), random.bytes(start), random.bytes(start));
      const texts = Array.from({ length: 40 }, (_, i) => random.bytes(40 - i));
      const contexts = texts.map(() => NOTHING);
      const frames = texts.map((text) => sealWithNode(key, random.bytes(12), text, NOTHING));
      expect(openWithEngine(key, frames, contexts)).toEqual({ texts, refused: [] });
    }
  });
});

describe('the memory of the batch engine', () => {
  /** The addresses, from the module's tables on, where something is left that is no public part of a frame. */
  function leftBehind(): number[] {
    const { bytes } = requireModule();
    const addresses: number[] = [];
    const parts = [
      [0, START],
      [DATA, KEY_STREAM],
      [KEY_STREAM, FRAMES],
      [FRAMES, STREAMS],
      [STREAMS, bytes.length],
    ] as const;
    for (const [start, end] of parts) for (let i = start; i < end; i++) if (bytes[i] !== 0) addresses.push(i);
    return addresses;
  }

  function manyValues(random: Seeded): { key: TestKey; texts: Buffer[]; contexts: Buffer[] } {
    const key = testKey(random.bytes(32), random.bytes(20), random.bytes(30));
    const texts = Array.from({ length: 700 }, () => random.bytes(random.below(300)));
    return { key, texts, contexts: texts.map(() => random.bytes(random.below(50))) };
  }

  it('holds nothing of a batch when it is done', () => {
    const { key, texts, contexts } = manyValues(new Seeded(6));
    const frames = sealWithEngine(key, texts, contexts);
    expect(leftBehind()).toEqual([]);
    expect(openWithEngine(key, frames, contexts).refused).toEqual([]);
    expect(leftBehind()).toEqual([]);
  });

  it('holds nothing of a batch that ends with an error', () => {
    const { key, texts, contexts } = manyValues(new Seeded(7));
    const frames = sealWithEngine(key, texts, contexts);
    const failing = () => {
      throw new Error('full');
    };
    expect(() => openMany(requireModule(), key.batchKey, frames, contexts, [...frames.keys()], failing)).toThrow(
      'full',
    );
    expect(leftBehind()).toEqual([]);
    expect(() => sealMany(requireModule(), key.batchKey, texts, contexts, failing)).toThrow('full');
    expect(leftBehind()).toEqual([]);
    const broken = new CounterCipher(key.raw);
    broken.encrypt = failing;
    const brokenKey = new BatchKey(broken, key.start, key.dataBeforeContext);
    expect(() => openMany(requireModule(), brokenKey, frames, contexts, [...frames.keys()], () => undefined)).toThrow(
      'full',
    );
    expect(leftBehind()).toEqual([]);
  });

  it('takes no value that does not fit', () => {
    const key = testKey(Buffer.alloc(32, 1), NOTHING, NOTHING);
    const tooLong = Buffer.alloc(200_000);
    expect(() => sealWithEngine(key, [tooLong], [NOTHING])).toThrow(RangeError);
    expect(leftBehind()).toEqual([]);
  });
});

describe('the cipher of the counters', () => {
  it('answers with a block for each block, or not at all', () => {
    const memory = Buffer.alloc(64);
    const cipher = new CounterCipher(Buffer.alloc(32, 1));
    cipher.encrypt(memory, 0, 48);
    expect(memory.subarray(0, 16)).toEqual(memory.subarray(32, 48));
    expect(memory.subarray(48)).toEqual(Buffer.alloc(16));
    // A part of a block would move every later answer: here the first is E(0), and the last is not.
    memory.fill(0).fill(1, 16, 32);
    expect(() => cipher.encrypt(memory, 0, 47)).toThrow('AES-ECB');
    expect(() => cipher.encrypt(memory, 0, 48)).toThrow('AES-ECB');
    expect(memory.subarray(16, 32)).toEqual(Buffer.alloc(16, 1));
  });

  it('does not take blocks for whole whose last is not what the first is', () => {
    const memory = Buffer.alloc(48);
    memory[47] = 1;
    expect(() => new CounterCipher(Buffer.alloc(32, 1)).encrypt(memory, 0, 48)).toThrow('AES-ECB');
    expect(memory.subarray(0, 47)).toEqual(Buffer.alloc(47));
  });
});

describe('the WebAssembly module', () => {
  it('is what its source builds', async () => {
    const script = new URL('../scripts/build-wasm.mjs', import.meta.url).pathname;
    await promisify(execFile)(process.execPath, [script, '--check']);
  }, 120_000);
});
