import { randomBytes } from 'node:crypto';
import { SqlcrypterError } from '@sqlcrypter/core';
import { DataKey } from '@sqlcrypter/core/provider';
import { describe, expect, it, vi } from 'vitest';
import { CachedKey, cacheName, DataKeyCache, storedName } from '../src/data-key-cache.js';
import { encodeGoHeader, parseGoFrame } from '../src/go-frame.js';
import { KeyLocator } from '../src/key-locator.js';
import { checkKeyService } from '../src/key-service.js';
import { NegativeCache } from '../src/negative-cache.js';
import { checkEnvelopeOptions } from '../src/options.js';
import { bindingOf, bytesOfRow } from '../src/stored/row-binding.js';
import { codeOf, errorOf } from './support/error-code.js';
import { DAY, fakeTime } from './support/fake-time.js';
import { frameUnder, goFrameUnder } from './support/frames.js';
import { openTable } from './support/key-tables.js';
import { MemoryKms } from './support/memory-kms.js';

const dataKey = (fill = 1) => new DataKey(Buffer.alloc(32, fill));

describe('a frame of the Go library', () => {
  it('is a length, the wrapped key, and at least a nonce and a tag', () => {
    const frame = Buffer.alloc(1 + 5 + 28, 9).fill(5, 0, 1);
    expect(parseGoFrame(frame)).toEqual({ nonceOffset: 6, minLength: 34 });
    expect(parseGoFrame(frame.subarray(0, 33))).toBeUndefined();
    expect(parseGoFrame(Buffer.alloc(0))).toBeUndefined();
    expect(parseGoFrame(Buffer.alloc(100))).toBeUndefined();
    expect(parseGoFrame(Buffer.alloc(100, 200))).toBeUndefined();
  });

  it('has room for a wrapped key of 255 bytes', async () => {
    expect(encodeGoHeader(Buffer.alloc(255, 1))).toEqual(Buffer.concat([Buffer.of(255), Buffer.alloc(255, 1)]));
    expect(await codeOf(() => encodeGoHeader(Buffer.alloc(256)))).toBe('CONFIG');
  });
});

describe('a key service', () => {
  const good = new MemoryKms();

  it.each([{ provider: 1 }, { provider: 255 }, { scheme: 'x' }])('may have %j', (own) => {
    const service = Object.assign(new MemoryKms(), own);
    expect(checkKeyService(service, 'it')).toBe(service);
  });

  it.each([
    { provider: 0 },
    { provider: 256 },
    { provider: 1.5 },
    { scheme: '' },
    { scheme: 7 },
    { generateDataKey: undefined },
    { unwrapDataKey: 'text' },
  ])('may not have %j', async (own) => {
    expect(await codeOf(() => checkKeyService(Object.assign(new MemoryKms(), own) as never, 'it'))).toBe('CONFIG');
    expect(checkKeyService(good, 'it')).toBe(good);
  });
});

describe('the options of an envelope', () => {
  it('have these defaults', () => {
    expect(checkEnvelopeOptions({})).toEqual({
      generate: 'start',
      requestTimeout: 2_000,
      decryptRateLimit: undefined,
      dekCache: { maxSize: 1_000_000, ttl: 3_600_000 },
      dekLimits: { maxValues: 2 ** 40, maxBytes: 2 ** 40, maxAge: DAY },
      inline: 'read',
      storedKeys: { branchLifetime: 365 * DAY, grace: 900_000, revocationInterval: 60_000, branchTtl: DAY },
      suite: 'xaes-256-gcm',
      goFrames: 'reject',
    });
  });

  it('have others where nonces are short, and where a whole fleet shares a key', () => {
    const { table: store } = openTable();
    expect(checkEnvelopeOptions({ suite: 'aes-256-gcm' }).dekLimits.maxValues).toBe(2 ** 31);
    expect(checkEnvelopeOptions({ goFrames: 'write' }).dekLimits.maxValues).toBe(2 ** 31);
    expect(checkEnvelopeOptions({ goFrames: 'read' }).dekLimits.maxValues).toBe(2 ** 40);
    expect(checkEnvelopeOptions({ store }).dekLimits.maxAge).toBe(30 * DAY);
    expect(checkEnvelopeOptions({ store, inline: 'deny' }).dekLimits.maxAge).toBe(30 * DAY);
    expect(checkEnvelopeOptions({ store, inline: 'write' }).dekLimits.maxAge).toBe(DAY);
    expect(checkEnvelopeOptions({ store, dekCache: { ttl: 5 } }).storedKeys.branchTtl).toBe(5);
  });

  it('take the longest timer that there is', () => {
    const longest = 2 ** 31 - 1;
    expect(checkEnvelopeOptions({ requestTimeout: longest }).requestTimeout).toBe(longest);
  });

  it.each(['find', 'findLine', 'findPending', 'findStatus', 'insertPending', 'activate'])(
    'take no store without %s',
    async (method) => {
      const store = Object.assign(Object.create(openTable().table), { [method]: undefined });
      expect(await codeOf(() => checkEnvelopeOptions({ store }))).toBe('CONFIG');
    },
  );
});

describe('what is known to fail', () => {
  const wanted = (fill: number, bare = false) => ({
    name: `${bare ? 'b' : 'c'}${fill}`,
    wrapped: Buffer.alloc(60, fill),
    bare,
    fingerprints: [Buffer.alloc(16, fill)],
  });

  it.each([
    ['KMS_INVALID_BLOB', 60_000],
    ['KMS_WRONG_KEY', 60_000],
    ['KEY_DESTROYED', 60_000],
    ['KEY_NOT_FOUND', 5_000],
    ['KMS_DENIED', 5_000],
    ['KEY_DISABLED', 5_000],
  ] as const)('with %s is known for %d milliseconds', (code, milliseconds) => {
    fakeTime();
    const cache = new NegativeCache();
    const error = new SqlcrypterError(code, 'No.', { keyRef: 'ref' });
    cache.rememberFailure(wanted(1), error);
    vi.advanceTimersByTime(milliseconds);
    expect(cache.failureOf(wanted(1))).toMatchObject({ code, message: 'No.', keyRef: 'ref' });
    expect(cache.failureOf(wanted(1))).not.toBe(error);
    expect(cache.failureOf(wanted(2))).toBeUndefined();
    expect(cache.failureOf(wanted(1, true))).toBeUndefined();
    vi.advanceTimersByTime(1);
    expect(cache.failureOf(wanted(1))).toBeUndefined();
  });

  it('is nothing that may pass, and no error without a code', () => {
    const cache = new NegativeCache();
    cache.rememberFailure(wanted(1), new SqlcrypterError('KMS_THROTTLED', 'Later.'));
    cache.rememberFailure(wanted(1), new Error('KMS_DENIED'));
    expect(cache.failureOf(wanted(1))).toBeUndefined();
  });

  it('is a wrapped key that none of its values committed to, for a minute', () => {
    fakeTime();
    const cache = new NegativeCache();
    const [one, other] = [wanted(1), wanted(2)];
    cache.rememberFingerprint(one, Buffer.alloc(16, 9));
    expect(cache.failureOf(one)?.code).toBe('KEY_COMMITMENT');
    expect(cache.failureOf({ ...one, fingerprints: [Buffer.alloc(16, 9)] })).toBeUndefined();
    expect(cache.failureOf({ ...one, fingerprints: [...one.fingerprints, Buffer.alloc(16, 9)] })).toBeUndefined();
    expect(cache.failureOf(other)).toBeUndefined();
    vi.advanceTimersByTime(60_001);
    expect(cache.failureOf(one)).toBeUndefined();
  });

  it('are Go frames that do not authenticate, for a minute, if all of them are known', () => {
    fakeTime();
    const cache = new NegativeCache();
    const [one, other, third] = [Buffer.from('one'), Buffer.from('other'), Buffer.from('third')];
    expect(cache.forgeryOf([one])).toBeUndefined();
    cache.rememberForgeries([one, other]);
    expect(cache.forgeryOf([one, other])?.code).toBe('AUTH_FAILED');
    expect(cache.forgeryOf([one, third])).toBeUndefined();
    vi.advanceTimersByTime(60_000);
    expect(cache.forgeryOf([other])?.code).toBe('AUTH_FAILED');
    vi.advanceTimersByTime(1);
    expect(cache.forgeryOf([other])).toBeUndefined();
    cache.rememberForgeries([one]);
    cache.clear();
    expect(cache.forgeryOf([one])).toBeUndefined();
  });
});

describe('data keys in memory', () => {
  const wrapped = (fill: number) => Buffer.alloc(68, fill);
  const add = (cache: DataKeyCache, fill: number) =>
    cache.add(cacheName(wrapped(fill), false), wrapped(fill), false, dataKey(fill));

  it('have names by how they were wrapped, and by what', () => {
    const names = [cacheName(wrapped(1), true), cacheName(wrapped(1), false), cacheName(wrapped(2), false)];
    expect(new Set([...names, storedName(wrapped(1))]).size).toBe(4);
    expect(cacheName(Buffer.from('c'), true)).not.toBe(cacheName(Buffer.from(''), false));
    expect(cacheName(Buffer.from('x'), true)).toMatch(/^b/);
    expect(cacheName(Buffer.from('x'), false)).toMatch(/^c/);
  });

  it('go, the least recently used first, when there is no more room', () => {
    const cache = new DataKeyCache(200);
    const [one, other] = [add(cache, 1), add(cache, 2)];
    expect(cache.size).toEqual({ keys: 2, bytes: 200 });
    expect(cache.find(one.name)).toBe(one);
    add(cache, 3);
    expect(cache.find(other.name)).toBeUndefined();
    expect(cache.find(one.name)).toBe(one);
    expect(cache.size).toEqual({ keys: 2, bytes: 200 });
  });

  it('are found again as they are, and added once', () => {
    const cache = new DataKeyCache(1_000);
    const key = add(cache, 1);
    expect(add(cache, 1)).toBe(key);
    expect(key.wrapped).not.toBe(wrapped(1));
    expect(cache.size.keys).toBe(1);
    expect(add(new DataKeyCache(99), 1)).toBeInstanceOf(CachedKey);
  });

  it('stay as long as somebody holds them, each hold counted once', () => {
    const cache = new DataKeyCache(100);
    const key = add(cache, 1);
    const releases = [cache.hold(key), cache.hold(key)] as const;
    add(cache, 2);
    expect(cache.find(key.name)).toBe(key);
    releases[0]();
    releases[0]();
    expect(cache.find(key.name)).toBe(key);
    releases[1]();
    expect(cache.find(key.name)).toBeUndefined();
  });

  it('that are held anew after they were evicted are not released by those who held them before', () => {
    const cache = new DataKeyCache(100);
    const release = cache.hold(add(cache, 1));
    cache.evict(cache.find(cacheName(wrapped(1), false)) as CachedKey);
    expect(cache.find(cacheName(wrapped(1), false))).toBeUndefined();
    const key = add(cache, 1);
    cache.hold(key);
    release();
    cache.forget();
    expect(cache.find(key.name)).toBe(key);
    cache.clear();
    expect(cache.find(key.name)).toBeUndefined();
    expect(cache.size).toEqual({ keys: 0, bytes: 0 });
  });

  it('of the key table are listed, cached or held, each once', () => {
    const cache = new DataKeyCache(200);
    const facts = {
      fingerprint: Buffer.alloc(16),
      purpose: 'data',
      scope: '',
      created: 0,
      expires: 1,
      branch: '',
    } as const;
    const stored = [4, 5, 6].map((fill) => cache.add(`t${fill}`, wrapped(fill), false, dataKey(fill), facts));
    cache.hold(cache.add('t7', wrapped(7), false, dataKey(7), facts));
    add(cache, 1);
    expect([...cache.storedKeys()].map(({ name }) => name)).toEqual(['t7']);
    cache.add('t8', wrapped(8), false, dataKey(8), facts);
    expect([...cache.storedKeys()].map(({ name }) => name)).toEqual(['t8', 't7']);
    expect(stored.length).toBe(3);
  });
});

describe('the key that a value names', () => {
  const locator = (readable = {}) =>
    new KeyLocator('memory', 2, { goFrames: true, stored: true, inline: true, ...readable });
  const wrapped = Buffer.alloc(60, 3);
  const dek = randomBytes(32);
  const frames = {
    inline: frameUnder(dek, wrapped, { plaintext: Buffer.alloc(0) }),
    'a long one': frameUnder(dek, Buffer.alloc(5, 3), { plaintext: Buffer.alloc(0) }),
    Go: goFrameUnder(dek, wrapped, Buffer.alloc(0)),
  };

  it.each(Object.entries(frames))(
    'is the same object for the next value under it, but not for a cut one: %s',
    async (_, frame) => {
      const keys = locator();
      const located = keys.locate(frame);
      expect(keys.locate(Buffer.from(frame))).toBe(located);
      expect(keys.locate(Buffer.concat([frame, Buffer.of(0)]))).toBe(located);
      expect(located.minLength).toBe(frame.length);
      const code = await codeOf(() => keys.locate(frame.subarray(0, -1)));
      expect(['FRAME_TRUNCATED', 'FRAME_UNKNOWN']).toContain(code);
    },
  );

  it('differs with any bit of its header', () => {
    const keys = locator();
    for (const frame of [frames.inline, frames.Go]) {
      const located = keys.locate(frame);
      for (let at = located.header.length - located.wrapped.length; at < located.header.length; at++) {
        const other = Buffer.from(frame);
        other[at] = (other[at] as number) ^ 1;
        expect(keys.locate(frame).wrapped.equals(keys.locate(other).wrapped)).toBe(false);
      }
    }
  });

  it('says whether it was wrapped bare, and what the value commits to', () => {
    const go = locator().locate(frames.Go);
    expect(go).toMatchObject({ bare: true, fingerprints: [], committed: undefined, isStored: false, wrapped });
    const inline = locator().locate(frames.inline);
    const { fingerprint } = new DataKey(dek);
    expect(inline).toMatchObject({ bare: false, fingerprints: [fingerprint], isStored: false, wrapped });
    expect(inline.committed?.fingerprint).toEqual(fingerprint);
  });

  it('is told in the error where it cannot be had', async () => {
    expect(await errorOf(() => locator().locate(Buffer.alloc(0)))).toMatchObject({ code: 'FRAME_UNKNOWN' });
    const local = Buffer.from(`00c712010000001f${'00'.repeat(40)}`, 'hex');
    expect(await errorOf(() => locator().locate(local))).toMatchObject({ code: 'KEY_NOT_FOUND', keyRef: '0000001f' });
    const named = Buffer.from(`00c71202${'ab'.repeat(16)}${'00'.repeat(40)}`, 'hex');
    expect(await errorOf(() => locator({ stored: false }).locate(named))).toMatchObject({ keyRef: 'ab'.repeat(16) });
    expect(locator().locate(named)).toMatchObject({ isStored: true, minLength: 60 });
  });
});

it('a row is bound to its facts, and the bytes that its opening depends on are its facts and wraps', () => {
  const facts = { fingerprint: Buffer.alloc(16, 7), purpose: 'data', scope: 's', created: 5, expires: 9 } as const;
  expect(bindingOf(facts)).toEqual({
    'sqlcrypter.fingerprint': '07'.repeat(16),
    'sqlcrypter.purpose': 'data',
    'sqlcrypter.scope': 's',
    'sqlcrypter.created': '5',
    'sqlcrypter.expires': '9',
  });
  expect('sqlcrypter.scope' in bindingOf({ ...facts, scope: '' })).toBe(false);
  const row = (expires: number, fill: number) =>
    bytesOfRow({ ...facts, expires, wraps: [{ provider: 0, keyId: 'k', wrapped: Buffer.of(fill) }] });
  expect(new Set([row(9, 1), row(9, 2), row(8, 1), row(9, 1)].map(String)).size).toBe(3);
});
