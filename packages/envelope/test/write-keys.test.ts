import { SqlcrypterError } from '@sqlcrypter/core';
import { DataKey } from '@sqlcrypter/core/provider';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Age } from '../src/age.js';
import { CurrentKey } from '../src/current-key.js';
import { LineKey } from '../src/stored/line-key.js';
import { WriteKey } from '../src/write-key.js';
import { codeOf, errorOf } from './support/error-code.js';
import { fakeTime, settle } from './support/fake-time.js';

const HEADER = Buffer.from('00c71201', 'hex');
const NOTHING = Buffer.alloc(0);
const LIFETIME = 1_000_000;
/** No limit that a test would reach. */
const NO_LIMITS = { maxValues: 2 ** 40, maxBytes: 2 ** 40, maxAge: 2 ** 40 };

/** What `Math.random` gives: renewals are spread and pauses jittered by it. */
function drawing(number: number): void {
  vi.spyOn(Math, 'random').mockReturnValue(number);
}

const seal = (dataKey: DataKey, values: number, length = 0): void => {
  for (let value = 0; value < values; value++) dataKey.seal(Buffer.alloc(length), HEADER, NOTHING);
};

beforeEach(fakeTime);
afterEach(() => vi.restoreAllMocks());

describe('the age of a key', () => {
  it('is by the clock that has gone further', () => {
    const age = new Age();
    vi.advanceTimersByTime(50);
    expect(age.milliseconds).toBe(50);
    const now = Date.now();
    vi.setSystemTime(now + 1_000);
    expect(age.milliseconds).toBe(1_050);
    vi.setSystemTime(now - 1_000);
    expect(age.milliseconds).toBe(50);
    age.restart();
    expect(age.milliseconds).toBe(0);
  });
});

describe('a key to write with', () => {
  const keyWith = (limits: Partial<typeof NO_LIMITS>): WriteKey =>
    new WriteKey(new DataKey(Buffer.alloc(32, 1)), NOTHING, HEADER, { ...NO_LIMITS, ...limits });

  it.each([
    [0, 7],
    [0.5, 8],
    [0.999, 9],
  ])('is due between 70 and 90 percent of its values, by chance: %d', (random, due) => {
    drawing(random);
    const key = keyWith({ maxValues: 10 });
    seal(key.dataKey, due - 1);
    expect(key.isDue).toBe(false);
    seal(key.dataKey, 1);
    expect(key.isDue).toBe(true);
  });

  it('is exhausted at twice its values, bytes or age', () => {
    drawing(0);
    const byValues = keyWith({ maxValues: 2 });
    seal(byValues.dataKey, 3);
    expect(byValues.isExhausted).toBe(false);
    seal(byValues.dataKey, 1);
    expect(byValues.isExhausted).toBe(true);

    const byBytes = keyWith({ maxBytes: 10 });
    seal(byBytes.dataKey, 1, 19);
    expect([byBytes.isDue, byBytes.isExhausted]).toEqual([true, false]);
    seal(byBytes.dataKey, 1, 1);
    expect(byBytes.isExhausted).toBe(true);

    const byAge = keyWith({ maxAge: 1_000 });
    vi.advanceTimersByTime(699);
    expect(byAge.isDue).toBe(false);
    vi.advanceTimersByTime(1);
    expect([byAge.isDue, byAge.isExhausted, byAge.age]).toEqual([true, false, 700]);
    vi.advanceTimersByTime(1_299);
    expect(byAge.isExhausted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(byAge.isExhausted).toBe(true);
  });

  it('has room for a batch that leaves the next key not due', () => {
    drawing(0);
    const key = keyWith({ maxValues: 100, maxBytes: 1_000 });
    seal(key.dataKey, 10, 10);
    expect([key.hasRoomFor(59, 0), key.hasRoomFor(60, 0)]).toEqual([true, false]);
    expect([key.hasRoomFor(1, 599), key.hasRoomFor(1, 600)]).toEqual([true, false]);
  });
});

describe('a stored key to write with', () => {
  const keyWith = (limits: { maxValues?: number; maxBytes?: number }): LineKey => {
    const dataKey = new DataKey(Buffer.alloc(32, 1));
    const created = Date.now();
    const facts = {
      fingerprint: dataKey.fingerprint,
      purpose: 'data',
      scope: '',
      created,
      expires: created + LIFETIME,
    };
    return new LineKey(facts as never, dataKey, { ...NO_LIMITS, ...limits });
  };

  it('is due at 70 to 90 percent of its life, may be replaced from the first of them on, and expires at its end', () => {
    drawing(0.5);
    const key = keyWith({});
    const state = () => [key.mayBeReplaced, key.isDue, key.isExpired];
    const at = (time: number) => vi.advanceTimersByTime(key.facts.created + time - Date.now());
    at(699_999);
    expect(state()).toEqual([false, false, false]);
    at(700_000);
    expect(state()).toEqual([true, false, false]);
    at(799_999);
    expect(state()).toEqual([true, false, false]);
    at(800_000);
    expect(state()).toEqual([true, true, false]);
    at(999_999);
    expect(state()).toEqual([true, true, false]);
    at(LIFETIME);
    expect(state()).toEqual([true, true, true]);
    expect(key.age).toBe(LIFETIME);
  });

  it('is due on the millisecond', () => {
    drawing(0);
    const key = keyWith({});
    vi.advanceTimersByTime(699_999);
    expect(key.isDue).toBe(false);
    vi.advanceTimersByTime(1);
    expect(key.isDue).toBe(true);
  });

  it('is due once this process reaches a limit of its own, and may be replaced then', () => {
    const byValues = keyWith({ maxValues: 3 });
    seal(byValues.dataKey, 2);
    expect([byValues.isDue, byValues.mayBeReplaced]).toEqual([false, false]);
    seal(byValues.dataKey, 1);
    expect([byValues.isDue, byValues.mayBeReplaced]).toEqual([true, true]);
    const byBytes = keyWith({ maxBytes: 10 });
    seal(byBytes.dataKey, 1, 9);
    expect(byBytes.isDue).toBe(false);
    seal(byBytes.dataKey, 1, 1);
    expect(byBytes.isDue).toBe(true);
  });

  it('has room for a batch up to its limits', () => {
    const key = keyWith({ maxValues: 100, maxBytes: 1_000 });
    seal(key.dataKey, 10, 10);
    expect([key.hasRoomFor(90, 0), key.hasRoomFor(91, 0)]).toEqual([true, false]);
    expect([key.hasRoomFor(1, 900), key.hasRoomFor(1, 901)]).toEqual([true, false]);
  });
});

describe('the renewal of the key to write with', () => {
  /** Makes keys that are due after one value and exhausted after two; `before` may hold a call up, or fail it. */
  function renewal(before: (call: number) => unknown = () => undefined, limits: Partial<typeof NO_LIMITS> = {}) {
    const calls: number[] = [];
    const current = new CurrentKey(async () => {
      calls.push(performance.now());
      await before(calls.length);
      return new WriteKey(new DataKey(Buffer.alloc(32, calls.length)), NOTHING, HEADER, {
        ...NO_LIMITS,
        maxValues: 1,
        ...limits,
      });
    });
    return { current, calls };
  }

  const down = (): never => {
    throw new SqlcrypterError('KMS_UNAVAILABLE', 'down');
  };

  it('gives the first key to all who wait for it, by one call', async () => {
    const { current, calls } = renewal();
    expect([current.isReady, current.key]).toEqual([false, undefined]);
    expect(await codeOf(() => current.takeSync())).toBe('KEY_NOT_LOADED');
    await Promise.all([current.renew(), current.renew(), current.renew()]);
    expect(calls.length).toBe(1);
    expect(current.isReady).toBe(true);
    expect(current.takeSync()).toBe(current.key);
  });

  it('is made in the background when the key is due, once, and the old key lasts to its hard limit', async () => {
    const { current, calls } = renewal((call) => call > 1 && new Promise(() => undefined));
    await current.renew();
    const key = current.takeSync();
    seal(key.dataKey, 1);
    for (let time = 0; time < 10; time++) expect(current.takeSync()).toBe(key);
    expect(calls.length).toBe(2);
    seal(key.dataKey, 1);
    expect(current.isReady).toBe(false);
    expect(await codeOf(() => current.takeSync())).toBe('DEK_EXHAUSTED');
    expect(calls.length).toBe(2);
  });

  it.each([
    { random: 0, share: 0.5 },
    { random: 1, share: 1 },
  ])(
    'is tried again after pauses that double from a second to a minute, or half of it: $share',
    async ({ random, share }) => {
      drawing(random);
      let isDown = true;
      const { current, calls } = renewal((call) => call > 1 && isDown && down());
      await current.renew();
      seal(current.takeSync().dataKey, 1);
      const start = performance.now();
      const run = async (seconds: number) => {
        for (let tenth = 0; tenth < 10 * seconds; tenth++) {
          current.takeSync();
          await settle();
          vi.advanceTimersByTime(100);
        }
      };
      await run(200 * share);
      const times = calls.slice(1).map((time) => (time - start) / 1_000 / share);
      expect(times).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183]);

      isDown = false;
      await run(60 * share);
      seal(current.takeSync().dataKey, 1);
      isDown = true;
      calls.length = 0;
      const again = performance.now();
      calls.push(0);
      await run(4 * share);
      expect(calls.slice(1).map((time) => (time - again) / 1_000 / share)).toEqual([0, 1, 3]);
    },
  );

  it('ends in what the call ended in where there was no key, and in DEK_EXHAUSTED with its code where there was', async () => {
    const { current } = renewal((call) => call !== 2 && down());
    expect(await codeOf(current.renew())).toBe('KMS_UNAVAILABLE');
    await current.renew();
    const error = await errorOf(current.renew());
    expect([error.code, error.cause]).toEqual(['DEK_EXHAUSTED', { name: 'KMS_UNAVAILABLE' }]);
  });

  it('ends in DISPOSED where the crypterer was closed, whatever there was before', async () => {
    const { current } = renewal((call) => {
      if (call > 1) throw new SqlcrypterError('DISPOSED', 'closed');
    });
    await current.renew();
    expect(await codeOf(current.renew())).toBe('DISPOSED');
  });

  it('is given up where the new key is too old at once, and is not where others have used it up', async () => {
    const old = renewal(() => vi.advanceTimersByTime(10), { maxAge: 5 });
    // Its clock starts when it is there.
    await old.current.renew();
    vi.advanceTimersByTime(10);
    expect(old.current.isReady).toBe(false);

    const stale = new CurrentKey(async () => {
      const key = new WriteKey(new DataKey(Buffer.alloc(32, 1)), NOTHING, HEADER, { ...NO_LIMITS, maxAge: 5 });
      vi.advanceTimersByTime(10);
      return key;
    });
    expect(await codeOf(stale.renew())).toBe('DEK_EXHAUSTED');

    const used = new CurrentKey(async () => {
      const key = new WriteKey(new DataKey(Buffer.alloc(32, 1)), NOTHING, HEADER, { ...NO_LIMITS, maxValues: 1 });
      seal(key.dataKey, 2);
      return key;
    });
    await used.renew();
    expect(used.isReady).toBe(false);
  });

  it('leaves no key behind once it is closed, not even one that is being made', async () => {
    let answer = (): void => undefined;
    const { current } = renewal((call) => call > 1 && new Promise<void>((resolve) => (answer = resolve)));
    await current.renew();
    const renewing = current.renew();
    current.close();
    expect([current.key, current.isReady]).toEqual([undefined, false]);
    answer();
    await renewing;
    expect(current.key).toBeUndefined();
  });
});
