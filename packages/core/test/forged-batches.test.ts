import { describe, expect, it, vi } from 'vitest';
import { decryptMany, encryptMany } from '../src/batch.js';
import type { EngineChoice } from '../src/batch-engine/choose-engine.js';
import { DataKey } from '../src/data-key.js';
import type { DecryptItem } from '../src/taken-values.js';
import { createNamedCrypterer, NamedKeys } from './batch-engine-crypterers.js';

const COUNT = 4_000;
const ROUNDS = 7;
const CONTEXT = Object.freeze({ c: 'employee.ssn' });

type Forge = (frame: Buffer, i: number) => Buffer;

const flip = (frame: Buffer, at: number): Buffer => {
  const forged = Buffer.from(frame);
  const index = at < 0 ? forged.length + at : at;
  forged[index] = (forged[index] as number) ^ 1;
  return forged;
};

const FORGERIES: Readonly<Record<string, Forge>> = {
  'whose tag is wrong': (frame) => flip(frame, -1),
  'whose nonce is wrong': (frame) => flip(frame, 25),
};

async function framesOf(keys: NamedKeys): Promise<Buffer[]> {
  const items = Array.from({ length: COUNT }, (_, i) => ({ plaintext: Buffer.from(`999-00-${i}`), context: CONTEXT }));
  return await encryptMany(items, { crypterer: createNamedCrypterer(keys) });
}

const median = (numbers: number[]): number => numbers.sort((a, b) => a - b)[numbers.length >> 1] as number;

describe('a batch of forged frames', () => {
  const engines: readonly EngineChoice[] = ['auto', 'node'];

  it.each(Object.entries(FORGERIES).flatMap(([name, forge]) => engines.map((engine) => ({ name, forge, engine }))))(
    '$name does not take several times as long as good ones, with engine $engine',
    { retry: 3 },
    async ({ forge, engine }) => {
      const keys = new NamedKeys();
      const crypterer = createNamedCrypterer(keys);
      const frames = await framesOf(keys);
      const good: DecryptItem[] = frames.map((frame) => ({ ciphertext: Buffer.from(frame), context: CONTEXT }));
      const forged: DecryptItem[] = frames.map((frame, i) => ({ ciphertext: forge(frame, i), context: CONTEXT }));
      const timeOf = async (items: DecryptItem[]): Promise<number> => {
        const start = performance.now();
        await decryptMany(items, { crypterer, engine, onError: 'collect' });
        return performance.now() - start;
      };
      const ratios: number[] = [];
      for (let round = -3; round < ROUNDS; round++) {
        const ratio = (await timeOf(forged)) / (await timeOf(good));
        if (round >= 0) ratios.push(ratio);
      }
      // The benchmarks hold it to 2; here coverage is counted, and others use the machine.
      expect(median(ratios)).toBeLessThan(3);
    },
  );

  it('asks the provider about few of them, and gives each its own error', async () => {
    const keys = new NamedKeys();
    const frames = await framesOf(keys);
    const open = vi.spyOn(DataKey.prototype, 'open');
    const items = frames.map((frame, i) => ({ ciphertext: i % 2 === 0 ? flip(frame, -1) : frame, context: CONTEXT }));
    const results = await decryptMany(items, { crypterer: createNamedCrypterer(keys), onError: 'collect' });
    expect(open.mock.calls.length).toBeLessThan(40);
    open.mockRestore();
    for (const [i, result] of results.entries()) {
      if (i % 2 === 1) expect(String(result)).toBe(`999-00-${i}`);
      else expect(result).toMatchObject({ code: 'AUTH_FAILED', index: i });
    }
    expect(new Set(results).size).toBe(COUNT);
  });

  it('is opened value by value where the provider opens one that the engine refused', async () => {
    const keys = new NamedKeys();
    const frames = await framesOf(keys);
    vi.spyOn(DataKey.prototype, 'openMany').mockImplementation((_module, _layout, _frames, _contexts, positions) => [
      ...positions,
    ]);
    const items = frames.map((ciphertext) => ({ ciphertext, context: CONTEXT }));
    const opened = await decryptMany(items, { crypterer: createNamedCrypterer(keys) });
    vi.restoreAllMocks();
    expect(opened.map(String)).toEqual(frames.map((_, i) => `999-00-${i}`));
  });

  it('rejects with the first in order, which has a stack trace as any error', async () => {
    const keys = new NamedKeys();
    const items = (await framesOf(keys)).map((frame) => ({ ciphertext: flip(frame, -1), context: CONTEXT }));
    const failing = decryptMany(items, { crypterer: createNamedCrypterer(keys) });
    const error = await failing.catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ code: 'AUTH_FAILED', index: 0 });
    expect((error as Error).stack).toContain('\n    at ');
    expect(new Error('later').stack).toContain('\n    at ');
  });
});
