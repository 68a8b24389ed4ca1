import { randomBytes } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { SqlcrypterError } from '@sqlcrypter/core';
import {
  DataKey,
  DerivedKeyCache,
  type KeyFacts,
  type KeyRecord,
  type KeyStore,
  type KeyWrap,
} from '@sqlcrypter/core/provider';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DekEvents, type KmsMessage } from '../src/events.js';
import { KmsCalls } from '../src/kms-calls.js';
import { BranchKeys } from '../src/stored/branch-keys.js';
import { KeyLine, type LineKind } from '../src/stored/key-line.js';
import { bindingOf } from '../src/stored/row-binding.js';
import { Unwrapper } from '../src/unwrapper.js';
import { codeOf, errorOf } from './support/error-code.js';
import { DAY, fakeTime, HOUR, MINUTE, settle } from './support/fake-time.js';
import { openTable } from './support/key-tables.js';
import { beDown, hang, MemoryKms } from './support/memory-kms.js';

const GRACE = 15 * MINUTE;
const LIFETIME = 10 * DAY;
const TTL = HOUR;
const TEXT = Buffer.from('text');
const hex = (bytes: Buffer) => bytes.toString('hex');
const fingerprintsOf = ({ facts }: { readonly facts: readonly KeyFacts[] }) =>
  facts.map(({ fingerprint }) => fingerprint);

beforeEach(() => {
  fakeTime();
  vi.spyOn(Math, 'random').mockReturnValue(0);
});
afterEach(() => vi.restoreAllMocks());

/** An active key with ten days before it. */
const factsOf = (own: Pick<KeyFacts, 'fingerprint' | 'purpose' | 'scope'>): Omit<KeyRecord, 'wraps'> => ({
  ...{
    created: Date.now(),
    expires: Date.now() + LIFETIME,
    state: 'active',
    activated: Date.now(),
    retired: undefined,
  },
  ...own,
});

/** Keys of a line whose wraps are opened by looking them up, in a real table. */
function openLine() {
  const counted = openTable();
  const keys = new Map<string, DataKey>();
  const plaintexts: Uint8Array[] = [];
  const opened: string[] = [];
  const asked: number[] = [];
  const faults = {
    open: (_: KeyRecord): unknown => undefined,
    facts: (record: KeyRecord): KeyFacts => record,
    wrap: (): unknown => undefined,
    find: (records: KeyRecord[]): KeyRecord[] => records,
    insert: (): boolean | undefined => undefined,
  };
  const kind: LineKind = {
    purpose: 'data',
    lifetime: LIFETIME,
    async open(record) {
      opened.push(hex(record.fingerprint));
      await faults.open(record);
      return { facts: faults.facts(record), dataKey: keys.get(hex(record.fingerprint)) as DataKey };
    },
    async wrap(plaintext, facts) {
      plaintexts.push(plaintext);
      await faults.wrap();
      keys.set(hex(facts.fingerprint), new DataKey(plaintext));
      return [{ provider: 0, keyId: 'ab'.repeat(16), wrapped: Buffer.alloc(1, 1) }];
    },
  };
  const { table } = counted;
  const store: Pick<KeyStore, 'findLine' | 'findPending' | 'insertPending' | 'activate'> = {
    async findLine(purpose, scope) {
      asked.push(performance.now());
      return faults.find(await table.findLine(purpose, scope));
    },
    findPending: (purpose, scopes) => table.findPending(purpose, scopes),
    insertPending: async (key, replaces) => faults.insert() ?? table.insertPending(key, replaces),
    activate: (fingerprint, replaced, at) => table.activate(fingerprint, replaced, at),
  };
  const limits = { maxValues: 100, maxBytes: 1_000 };
  const line = () => new KeyLine({ store: store as KeyStore, grace: GRACE, limits }, kind, 'scope');
  const states = () =>
    counted.rows('SELECT state FROM sqlcrypter_keys ORDER BY created').map(({ state }) => state as string);
  return { ...counted, store, line, states, opened, plaintexts, asked, faults, keys };
}

describe('a line of keys', () => {
  it('begins with a key that is active once its grace is over, and was zeroed where it was made', async () => {
    const { line: create, states, plaintexts } = openLine();
    const line = create();
    expect([line.isReady, line.current, fingerprintsOf(line)]).toEqual([false, undefined, []]);
    const key = await line.take();
    expect(line.takeSync()).toBe(key);
    expect(line.current).toBe(key);
    expect(fingerprintsOf(line)).toEqual([key.facts.fingerprint]);
    expect(plaintexts).toEqual([Buffer.alloc(32)]);
    vi.advanceTimersByTime(GRACE - 1);
    line.takeSync();
    await settle();
    expect(states()).toEqual(['pending']);
    vi.advanceTimersByTime(1);
    line.takeSync();
    await settle();
    expect(states()).toEqual(['active']);
  });

  it('zeroes a key that could not be wrapped', async () => {
    const { line, plaintexts, faults } = openLine();
    faults.wrap = beDown;
    expect(await codeOf(line().take())).toBe('KMS_UNAVAILABLE');
    expect(plaintexts).toEqual([Buffer.alloc(32)]);
  });

  it('may have a next key from 70 percent of the life of the one in use, until it has it', async () => {
    const { line: create, store } = openLine();
    const [line, other] = [create(), create()];
    expect(line.mayHaveNext).toBe(false);
    const key = await line.take();
    await other.take();
    vi.advanceTimersByTime(GRACE);
    line.takeSync();
    await settle();
    vi.advanceTimersByTime(0.7 * LIFETIME - GRACE - 1);
    expect(line.mayHaveNext).toBe(false);
    vi.advanceTimersByTime(1);
    expect(line.mayHaveNext).toBe(true);
    // The other one makes it.
    expect(other.takeSync().facts.fingerprint).toEqual(key.facts.fingerprint);
    await vi.waitFor(() => expect(other.mayHaveNext).toBe(false));
    const [pending] = await store.findPending('data', ['scope']);
    await line.see(pending as KeyRecord, new Map());
    expect(line.mayHaveNext).toBe(false);
    expect(fingerprintsOf(line).map(hex)).toEqual([
      hex(key.facts.fingerprint),
      hex((pending as KeyRecord).fingerprint),
    ]);
    expect(line.takeSync()).toBe(key);
    vi.advanceTimersByTime(GRACE);
    expect(line.takeSync().facts.fingerprint).toEqual((pending as KeyRecord).fingerprint);
  });

  it('opens a pending key once, and none that it writes with already', async () => {
    const { line: create, store, opened } = openLine();
    const line = create();
    const unused = create();
    const key = await line.take();
    const [pending] = (await store.findPending('data', ['scope'])) as [KeyRecord];
    expect(pending.fingerprint).toEqual(key.facts.fingerprint);
    await line.see(pending, new Map());
    // A line that nobody writes in has nothing to go on to.
    await unused.see(pending, new Map());
    expect([opened.length, unused.facts.length]).toEqual([1, 0]);

    vi.advanceTimersByTime(0.7 * LIFETIME);
    line.takeSync();
    await settle();
    line.takeSync();
    await vi.waitFor(() => expect(line.facts.length).toBe(2));
    const [next] = (await store.findPending('data', ['scope'])) as [KeyRecord];
    const times = opened.length;
    await line.see(next, new Map());
    expect(opened.length).toBe(times);
  });

  it('gives up what is revoked, and nothing else', async () => {
    const { line: create, store, states } = openLine();
    const line = create();
    const key = await line.take();
    line.drop(() => false);
    expect(line.current).toBe(key);
    line.drop(({ fingerprint }) => fingerprint.equals(key.facts.fingerprint));
    expect([line.current, fingerprintsOf(line)]).toEqual([undefined, []]);
    vi.advanceTimersByTime(GRACE);
    expect(line.isReady).toBe(false);
    await settle();
    // It was pending, and is not made active by whoever was told that it is revoked.
    expect(states()).toEqual(['pending']);

    const again = await line.take();
    await settle();
    expect(again.facts.fingerprint).toEqual(key.facts.fingerprint);
    expect(line.takeSync()).toBe(again);
    await settle();
    vi.advanceTimersByTime(0.7 * LIFETIME);
    line.takeSync();
    await vi.waitFor(() => expect(line.facts.length).toBe(2));
    const [next] = (await store.findPending('data', ['scope'])) as [KeyRecord];
    line.drop(({ fingerprint }) => fingerprint.equals(next.fingerprint));
    expect(fingerprintsOf(line)).toEqual([again.facts.fingerprint]);
  });

  it('waits after a failure, a second at first and a minute at last, and half of it by chance', async () => {
    const { line: create, asked, faults } = openLine();
    const line = create();
    await line.take();
    vi.advanceTimersByTime(GRACE);
    line.takeSync();
    await settle();
    vi.advanceTimersByTime(0.7 * LIFETIME);
    faults.wrap = beDown;
    asked.length = 0;
    const start = performance.now();
    for (let tenth = 0; tenth < 1_000; tenth++) {
      for (let time = 0; time < 3; time++) line.takeSync();
      await settle();
      vi.advanceTimersByTime(100);
    }
    expect(asked.map((time) => (time - start) / 500)).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183]);

    faults.wrap = () => undefined;
    vi.advanceTimersByTime(MINUTE);
    line.takeSync();
    await vi.waitFor(() => expect(line.facts.length).toBe(2));
  });

  it('goes on with its key while the next one does not open, and asks again later', async () => {
    const { line: create, asked, faults } = openLine();
    const [line, other] = [create(), create()];
    const key = await line.take();
    await other.take();
    vi.advanceTimersByTime(GRACE);
    line.takeSync();
    await settle();
    vi.advanceTimersByTime(0.7 * LIFETIME);
    other.takeSync();
    await vi.waitFor(() => expect(other.facts.length).toBe(2));
    faults.open = beDown;
    asked.length = 0;
    expect(line.takeSync()).toBe(key);
    await settle();
    expect(line.takeSync()).toBe(key);
    await settle();
    expect([asked.length, line.facts.length]).toEqual([1, 1]);
    faults.open = () => undefined;
    vi.advanceTimersByTime(500);
    line.takeSync();
    await vi.waitFor(() => expect(line.facts.length).toBe(2));
    expect(asked.length).toBe(2);
  });

  it('takes no rows of other lines for its own, whatever the store gives', async () => {
    const foreign = (own: Partial<KeyFacts>): KeyRecord => ({
      ...factsOf({ fingerprint: randomBytes(16), purpose: 'data', scope: 'scope', ...own }),
      wraps: [{ provider: 0, keyId: 'ab'.repeat(16), wrapped: Buffer.alloc(1) }],
    });
    const strays = [foreign({ scope: 'another' }), foreign({ purpose: 'branch' })];
    const { line, opened, states, faults } = openLine();
    faults.find = (records) => [...strays, ...records];
    const key = await line().take();
    expect(opened).toEqual([hex(key.facts.fingerprint)]);
    expect(states()).toEqual(['pending']);
  });

  it.each<[string, Partial<KeyFacts>]>([
    ['another scope', { scope: 'another' }],
    ['another purpose', { purpose: 'branch' }],
    ['a later end', { expires: Number.MAX_SAFE_INTEGER }],
    ['an earlier making', { created: 0 }],
    ['another fingerprint', { fingerprint: Buffer.alloc(16) }],
  ])('uses no key that was proven for %s than its row has', async (_, proven) => {
    const { line, faults } = openLine();
    faults.facts = (record) => ({ ...record, ...proven });
    expect(await codeOf(line().take())).toBe('KMS_INVALID_BLOB');
  });

  it('uses the key that it has no longer by a row that says something else of it', async () => {
    const { line: create, store, faults } = openLine();
    const line = create();
    await line.take();
    const [pending] = (await store.findPending('data', ['scope'])) as [KeyRecord];
    vi.advanceTimersByTime(0.8 * LIFETIME);
    faults.find = (records) => records.map((record) => ({ ...record, expires: record.expires + LIFETIME }));
    vi.advanceTimersByTime(0.3 * LIFETIME);
    expect(line.isReady).toBe(false);
    faults.insert = () => false;
    expect(await codeOf(line.take())).toBe('DEK_EXHAUSTED');
    expect(fingerprintsOf(line).map(hex)).toEqual([hex(pending.fingerprint)]);
  });

  it('gives up after eight steps where a key never gets into the table', async () => {
    const { line, asked, faults } = openLine();
    faults.insert = () => false;
    expect(await codeOf(line().take())).toBe('DEK_EXHAUSTED');
    expect(asked.length).toBe(8);
  });

  it('says KEY_DESTROYED and DISPOSED as they are, also where there was a key before', async () => {
    for (const code of ['KEY_DESTROYED', 'DISPOSED'] as const) {
      const { line: create, faults } = openLine();
      const line = create();
      await line.take();
      vi.advanceTimersByTime(LIFETIME);
      expect(line.isReady).toBe(false);
      faults.find = () => {
        throw new SqlcrypterError(code, 'No.');
      };
      expect(await codeOf(line.take())).toBe(code);
    }
  });

  it('is over on the millisecond at which its key expires', async () => {
    const { line: create } = openLine();
    const line = create();
    const key = await line.take();
    vi.advanceTimersByTime(LIFETIME - 1);
    expect(line.takeSync()).toBe(key);
    vi.advanceTimersByTime(1);
    expect(await codeOf(() => line.takeSync())).toBe('DEK_EXHAUSTED');
    expect((await line.take()).facts.fingerprint).not.toEqual(key.facts.fingerprint);
  });
});

describe('branch keys', () => {
  function openBranches() {
    const kms = new MemoryKms();
    const calls = new KmsCalls([kms], [], 2_000, new DerivedKeyCache());
    const events = new DekEvents('memory');
    const unwrapper = new Unwrapper(calls, () => undefined, events);
    /** A row whose wrap holds this key, or another. */
    const row = (plaintext: Buffer, wrappedKey = plaintext): KeyRecord => {
      const { fingerprint } = new DataKey(plaintext);
      const facts = factsOf({ fingerprint, purpose: 'branch', scope: '' });
      const wrapped = kms.wrap(wrappedKey, false, bindingOf(facts));
      return { ...facts, wraps: [{ provider: 200, keyId: 'memory', wrapped }] };
    };
    return { kms, events, branches: new BranchKeys(unwrapper, TTL), row };
  }

  it('are asked for once, and known until they are dropped', async () => {
    const { kms, branches, row } = openBranches();
    const [one, other] = [row(randomBytes(32)), row(randomBytes(32))];
    const branch = await branches.open(one);
    expect(await branches.open(one)).toBe(branch);
    await branches.open(other);
    expect(kms.calls.unwrap).toBe(2);
    expect(branches.find(hex(one.fingerprint))).toBe(branch);
    expect(fingerprintsOf(branches)).toEqual([one.fingerprint, other.fingerprint]);
    expect(branches.size).toBe(2);
    branches.drop(hex(one.fingerprint));
    expect([branches.size, branches.find(hex(one.fingerprint))]).toEqual([1, undefined]);
    branches.clear();
    expect(branches.size).toBe(0);
  });

  it('are opened by one call for all who ask at once', async () => {
    const { kms, branches, row } = openBranches();
    const record = row(randomBytes(32));
    const [one, other] = await Promise.all([branches.open(record), branches.open(record)]);
    expect(one).toBe(other);
    expect(kms.calls.unwrap).toBe(1);
  });

  it('whose wrap holds another key are refused, and not asked for again at once', async () => {
    const { kms, events, branches, row } = openBranches();
    const forged = row(randomBytes(32), randomBytes(32));
    expect(await codeOf(branches.open(forged))).toBe('KEY_COMMITMENT');
    expect(await codeOf(branches.open(forged))).toBe('KEY_COMMITMENT');
    expect([kms.calls.unwrap, events.counts.negative, branches.size]).toEqual([1, 1, 0]);
  });

  it('are asked for again after their time to live, and begin a new one then', async () => {
    const { kms, branches, row } = openBranches();
    await branches.open(row(randomBytes(32)));
    vi.advanceTimersByTime(TTL);
    expect(await branches.refresh()).toEqual([]);
    expect(kms.calls.unwrap).toBe(1);
    vi.advanceTimersByTime(1);
    expect(await branches.refresh()).toEqual([]);
    expect(kms.calls.unwrap).toBe(2);
    expect(await branches.refresh()).toEqual([]);
    expect(kms.calls.unwrap).toBe(2);
  });

  it.each(['KMS_UNAVAILABLE', 'KMS_WRONG_KEY', 'KMS_INVALID_BLOB'] as const)(
    'are used for a day more while the KMS answers %s',
    async (code) => {
      const { kms, branches, row } = openBranches();
      const record = row(randomBytes(32));
      await branches.open(record);
      kms.before = () => {
        throw new SqlcrypterError(code, 'Not now.');
      };
      vi.advanceTimersByTime(TTL + DAY);
      expect(await branches.refresh()).toEqual([]);
      expect(branches.size).toBe(1);
      vi.advanceTimersByTime(1);
      expect(await branches.refresh()).toEqual([hex(record.fingerprint)]);
      expect(branches.size).toBe(0);
    },
  );

  it.each(['KMS_DENIED', 'KEY_DISABLED', 'KEY_NOT_FOUND'] as const)(
    'are given up where the KMS answers %s',
    async (code) => {
      const { kms, branches, row } = openBranches();
      const records = [row(randomBytes(32)), row(randomBytes(32))];
      for (const record of records) await branches.open(record);
      vi.advanceTimersByTime(TTL + 1);
      kms.before = () => {
        if (kms.calls.unwrap === 3) throw new SqlcrypterError(code, 'No.');
      };
      expect(await branches.refresh()).toEqual([hex((records[0] as KeyRecord).fingerprint)]);
      expect(branches.size).toBe(1);
    },
  );
});

describe('the calls to key services', () => {
  const record = (wraps: KeyRecord['wraps']): KeyRecord => ({
    ...factsOf({ fingerprint: Buffer.alloc(16, 1), purpose: 'branch', scope: '' }),
    wraps,
  });
  const callsTo = (services: MemoryKms[], others: MemoryKms[] = [], timeout = 900) =>
    new KmsCalls(services, others, timeout, new DerivedKeyCache());

  it('have one deadline for all services, of which each that hangs leaves the others an equal share', async () => {
    const starts: number[] = [];
    const services = [1, 2, 3].map(() =>
      Object.assign(new MemoryKms(), {
        before: (_: unknown, signal: AbortSignal) => {
          starts.push(performance.now());
          return hang('unwrap', signal);
        },
      }),
    );
    const start = performance.now();
    const failed = errorOf(callsTo(services).unwrap(Buffer.alloc(60), false));
    for (let step = 0; step < 100; step++) {
      await settle();
      vi.advanceTimersByTime(10);
    }
    const error = await failed;
    expect(error).toMatchObject({ code: 'KMS_TIMEOUT' });
    expect(error.message).toContain('The fallback did not help: KMS_TIMEOUT, KMS_TIMEOUT.');
    expect(starts.map((time) => time - start)).toEqual([0, 300, 600]);
  });

  it('give what one service did not use to the next', async () => {
    const [first, second] = [new MemoryKms(), new MemoryKms()];
    first.before = beDown;
    let aborted = 0;
    second.before = (_, signal) => {
      signal.addEventListener('abort', () => {
        aborted = performance.now();
      });
      return hang('unwrap', signal);
    };
    const start = performance.now();
    const failed = codeOf(callsTo([first, second]).unwrap(Buffer.alloc(60), false));
    for (let step = 0; step < 100; step++) {
      await settle();
      vi.advanceTimersByTime(10);
    }
    expect(await failed).toBe('KMS_UNAVAILABLE');
    expect(aborted - start).toBe(900);
  });

  it('go on to a fallback where the first is down or silent, and nowhere else', async () => {
    for (const [code, goesOn] of [
      ['KMS_UNAVAILABLE', true],
      ['KMS_TIMEOUT', true],
      ['KMS_DENIED', false],
      ['KMS_THROTTLED', false],
    ] as const) {
      const [first, second] = [new MemoryKms(), new MemoryKms()];
      first.before = () => {
        throw new SqlcrypterError(code, 'No.', { keyRef: 'ref' });
      };
      const outcome = callsTo([first, second]).generate(false, (dataKey) => dataKey);
      if (goesOn) await outcome;
      else expect(await errorOf(outcome)).toMatchObject({ code, keyRef: 'ref', message: 'No.' });
      expect(second.calls.generate).toBe(goesOn ? 1 : 0);
    }
  });

  it('keep the reference and the cause of the first failure', async () => {
    const [first, second] = [new MemoryKms(), new MemoryKms()];
    first.before = () => {
      throw new SqlcrypterError('KMS_UNAVAILABLE', 'Down.', { keyRef: 'ref', cause: { name: 'ECONNREFUSED' } });
    };
    second.before = beDown;
    expect(await errorOf(callsTo([first, second]).generate(false, (dataKey) => dataKey))).toMatchObject({
      keyRef: 'ref',
      cause: { name: 'ECONNREFUSED' },
      message: 'Down. The fallback did not help: KMS_UNAVAILABLE.',
    });
  });

  it('open a stored key by the wraps that a service holds first, then by what only a call can tell', async () => {
    const tried: string[] = [];
    const service = Object.assign(new MemoryKms(), {
      holds: (keyId: string) =>
        ({ mine: true, unknown: undefined })[keyId] ?? (keyId === 'unknown' ? undefined : false),
      unwrapDataKey: async (wrapped: Uint8Array) => {
        tried.push(Buffer.from(wrapped).toString());
        throw new SqlcrypterError('KMS_INVALID_BLOB', 'No.');
      },
    });
    const wrap = (keyId: string, provider = 200) => ({ provider, keyId, wrapped: Buffer.from(keyId) });
    const wraps = ['foreign', 'unknown', 'mine', 'another', 'more', 'last'].map((keyId) => wrap(keyId));
    const calls = callsTo([service]);
    expect(await codeOf(calls.openStored(record([wrap('elsewhere', 9), ...wraps])))).toBe('KMS_INVALID_BLOB');
    expect(tried).toEqual(['mine', 'unknown', 'foreign', 'another']);
    expect(calls.unwraps).toBe(1);
  });

  it('ask a service that cannot tell what it holds in the order of the wraps', async () => {
    const tried: string[] = [];
    const service = Object.assign(new MemoryKms(), {
      holds: undefined,
      unwrapDataKey: async (wrapped: Uint8Array) => {
        tried.push(Buffer.from(wrapped).toString());
        throw new SqlcrypterError('KMS_INVALID_BLOB', 'No.');
      },
    });
    const wraps = ['one', 'two'].map((keyId) => ({ provider: 200, keyId, wrapped: Buffer.from(keyId) }));
    await codeOf(callsTo([service as never]).openStored(record(wraps)));
    expect(tried).toEqual(['one', 'two']);
  });

  it('do not open a key that no service wraps, and say who does', async () => {
    const wraps = ['one', 'two'].map((keyId) => ({ provider: 9, keyId, wrapped: Buffer.from(keyId) }));
    const calls = callsTo([new MemoryKms()]);
    expect(await errorOf(calls.openStored(record(wraps)))).toMatchObject({
      code: 'KEY_NOT_FOUND',
      keyRef: '01'.repeat(16),
      message: expect.stringContaining('is wrapped by one, two, and by'),
    });
    expect((await errorOf(calls.openStored(record([])))).message).toContain('is wrapped by nothing, and by');
    expect(calls.unwraps).toBe(0);
  });

  it.each([
    { wrapped: undefined, keyId: 'memory' },
    { wrapped: 'text', keyId: 'memory' },
    { wrapped: Buffer.alloc(1), keyId: 7 },
    undefined,
  ])('take no wrap that is %j', async (answer) => {
    const service = Object.assign(new MemoryKms(), { wrapDataKey: async () => answer });
    expect(await codeOf(callsTo([service as never]).wrapStored(Buffer.alloc(32), record([])))).toBe('PROVIDER_FAILED');
    const unable = Object.assign(new MemoryKms(), { wrapDataKey: undefined });
    expect(await codeOf(callsTo([unable as never]).wrapStored(Buffer.alloc(32), record([])))).toBe('PROVIDER_FAILED');
  });

  it('leave no timer behind, and are told by what they do', async () => {
    const operations: string[] = [];
    const note = (message: unknown) => operations.push((message as KmsMessage).operation);
    subscribe('tracing:sqlcrypter:kms:start', note);
    const kms = new MemoryKms();
    const calls = callsTo([kms]);
    const row = record([]);
    const [wrap] = await calls.wrapStored(Buffer.alloc(32), row);
    await calls.openStored({ ...row, wraps: [wrap as KeyWrap] });
    const to = Object.assign(new MemoryKms(), { rewrapDataKey: async () => ({ wrapped: TEXT, keyId: 'memory' }) });
    expect(await callsTo([to]).rewrapStored(wrap as KeyWrap, row)).toEqual({
      provider: 200,
      keyId: 'memory',
      wrapped: TEXT,
    });
    unsubscribe('tracing:sqlcrypter:kms:start', note);
    expect(operations).toEqual(['generate', 'unwrap', 'generate']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('wrap by every service that wraps every key, and are counted', async () => {
    const [first, fallback, other] = [new MemoryKms(), new MemoryKms(), Object.assign(new MemoryKms(), { keyId: 'x' })];
    first.before = beDown;
    const calls = callsTo([first, fallback], [other]);
    const wraps = await calls.wrapStored(Buffer.alloc(32), record([]));
    expect(wraps.map(({ keyId }) => keyId)).toEqual(['memory', 'x']);
    expect([calls.generates, calls.unwraps]).toEqual([2, 0]);
    await calls.generate(false, (dataKey) => dataKey);
    await calls.unwrap(fallback.wrap(Buffer.alloc(32)), false).catch(() => undefined);
    expect([calls.generates, calls.unwraps]).toEqual([3, 1]);
  });

  it.each([undefined, null, {}, { plaintext: 'text' }])('that end too late with %j do no harm', async (late) => {
    let answer: (value: unknown) => void = () => undefined;
    const service = Object.assign(new MemoryKms(), {
      unwrapDataKey: () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    });
    const failed = codeOf(callsTo([service as never]).unwrap(Buffer.alloc(1), false));
    await vi.advanceTimersByTimeAsync(900);
    expect(await failed).toBe('KMS_TIMEOUT');
    answer(late);
    await settle();
  });

  it('that end too late leave no key', async () => {
    const plaintext = randomBytes(32);
    const service = Object.assign(new MemoryKms(), {
      unwrapDataKey: async () => {
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        return { plaintext, keyId: 'memory' };
      },
    });
    const failed = codeOf(callsTo([service as never]).unwrap(Buffer.alloc(1), false));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await failed).toBe('KMS_TIMEOUT');
    await settle();
    expect(plaintext).toEqual(Buffer.alloc(32));
  });
});
