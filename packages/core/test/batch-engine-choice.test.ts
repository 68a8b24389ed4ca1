import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { GcmModule } from '../src/batch-engine/gcm-module.js';
import { createSyncCrypterer } from './crypterers.js';

type BreakEven = typeof import('../src/batch-engine/break-even.js');
type ChooseEngine = typeof import('../src/batch-engine/choose-engine.js');
type Loader = typeof import('../src/batch-engine/gcm-module.js');

/** Sources of their own: what a process has seen until now is theirs to remember. */
async function freshProcess(): Promise<BreakEven & Loader & { chooseEngine: ChooseEngine['chooseEngine'] }> {
  vi.resetModules();
  return {
    ...(await import('../src/batch-engine/break-even.js')),
    ...(await import('../src/batch-engine/gcm-module.js')),
    chooseEngine: (await import('../src/batch-engine/choose-engine.js')).chooseEngine,
  };
}

describe('the break-even of the engine', () => {
  let worth: BreakEven['isWorthTheEngine'];

  beforeEach(async () => {
    worth = (await freshProcess()).isWorthTheEngine;
  });

  it.each([
    { length: 0, least: 4 },
    { length: 100, least: 4 },
    { length: 500, least: 7 },
    { length: 1_024, least: 10 },
  ])('is at $least values of $length bytes', ({ length, least }) => {
    const counts = Array.from({ length: 600 }, (_, i) => i + 1);
    expect(counts.filter((count) => worth(count, count * length))).toEqual(counts.slice(least - 1));
  });

  it('is passed again where longer values do not fill sixteen lanes', () => {
    const counts = Array.from({ length: 60 }, (_, i) => i + 1);
    const unworthy = counts.filter((count) => !worth(count, count * 1_500));
    expect(unworthy).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 17, 18, 19, 20, 21]);
  });

  it.each([
    { count: 4, most: 583 },
    { count: 16, most: 38_844 },
    { count: 17, most: 18_716 },
    { count: 512, most: 1_500_539 },
  ])('of $count values is at $most bytes together', ({ count, most }) => {
    expect([worth(count, most), worth(count, most + 1)]).toEqual([true, false]);
  });
});

describe('the module of the engine', () => {
  it('is worth loading for the 512th value of a process', async () => {
    const { isWorthLoading } = await freshProcess();
    expect([500, 11, 1, 1].map(isWorthLoading)).toEqual([false, false, true, true]);
  });

  it('is compiled at the first call, and given again at every other', async () => {
    const { gcmModule, isGcmModuleLoaded } = await freshProcess();
    expect(isGcmModuleLoaded()).toBe(false);
    const module = gcmModule();
    expect(isGcmModuleLoaded()).toBe(true);
    expect(gcmModule()).toBe(module);
    expect(module?.bytes.length).toBe(448 * 1_024);
    expect(module?.words.byteLength).toBe(448 * 1_024);
  });

  it('is not tried again where this process has no WebAssembly', async () => {
    const { gcmModule, isGcmModuleLoaded } = await freshProcess();
    let attempts = 0;
    class Missing {
      constructor() {
        attempts += 1;
        throw new Error('no WebAssembly');
      }
    }
    vi.stubGlobal('WebAssembly', { Module: Missing });
    try {
      expect([gcmModule(), gcmModule(), isGcmModuleLoaded()]).toEqual([undefined, undefined, false]);
      expect(attempts).toBe(1);
    } finally {
      vi.unstubAllGlobals();
    }
  });
});

describe('the choice of an engine', () => {
  const items = (count: number, length: number) => Array.from({ length: count }, () => length);
  const valuesOf = (lengths: readonly number[]) => ({
    bytes: lengths.map((length) => Buffer.alloc(length)),
    contexts: [],
    take: () => undefined,
  });

  /** Whether the engine is chosen for items of these lengths, in a process that has its module or has not. */
  async function isChosen(lengths: readonly number[], { loaded }: { loaded: boolean }): Promise<boolean> {
    const { chooseEngine, gcmModule } = await freshProcess();
    // The crypterer's side was noted with the sources as they were before.
    const { batchSideOf } = await import('../src/batch-engine/batch-keys.js');
    const { createNamedCrypterer: create } = await import('./batch-engine-crypterers.js');
    const own = create();
    expect(batchSideOf(own)).toBeDefined();
    if (loaded) gcmModule();
    return (
      chooseEngine(
        { crypterer: own, engine: undefined, scope: undefined },
        'keyToSeal',
        valuesOf(lengths),
        lengths.length,
      ) !== undefined
    );
  }

  it('looks at a small batch as a whole', async () => {
    expect(await isChosen(items(4, 20), { loaded: true })).toBe(true);
    expect(await isChosen(items(3, 20), { loaded: true })).toBe(false);
    expect(await isChosen([...items(9, 20), 60_000], { loaded: true })).toBe(false);
    expect(await isChosen([...items(31, 20), 200_000], { loaded: true })).toBe(false);
  });

  it('does not look at a larger one', async () => {
    expect(await isChosen([...items(32, 20), 200_000], { loaded: true })).toBe(true);
  });

  it('does not load the module for few values, and does for many', async () => {
    expect(await isChosen(items(511, 20), { loaded: false })).toBe(false);
    expect(await isChosen(items(512, 20), { loaded: false })).toBe(true);
    expect(await isChosen(items(40, 20), { loaded: true })).toBe(true);
  });

  it('is none for a crypterer that names no keys, or not for this direction', async () => {
    const { chooseEngine, gcmModule } = await freshProcess();
    gcmModule();
    const crypterer = createSyncCrypterer();
    const work = { crypterer, engine: undefined, scope: undefined };
    const values = valuesOf(items(100, 20));
    expect(chooseEngine(work, 'keyToSeal', values, 100)).toBeUndefined();
    const { setBatchSide } = await import('../src/batch-engine/batch-keys.js');
    const side = { closed: false, keyToOpen: () => undefined };
    setBatchSide(crypterer, side);
    expect(chooseEngine(work, 'keyToSeal', values, 100)).toBeUndefined();
    expect(chooseEngine({ ...work, engine: 'node' }, 'keyToOpen', values, 100)).toBeUndefined();
    expect(chooseEngine({ crypterer, engine: 'auto', scope: 'a' }, 'keyToOpen', values, 100)).toEqual({
      module: gcmModule() as GcmModule,
      side,
      scope: 'a',
    });
  });
});
