import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createKeyTable } from '../src/index.js';
import { drivers, type TestDatabase } from './support/databases.js';
import { codeOf } from './support/error-code.js';
import { CREATED, keyUnder, newBranch, newKey } from './support/keys.js';

for (const { name, skipReason, open } of drivers) {
  describe.skipIf(skipReason !== undefined)(
    `a key table through ${name}${skipReason ? ` (${skipReason})` : ''}`,
    () => {
      let database: TestDatabase;
      /** A scope that no other test uses. */
      let scope: string;
      beforeAll(async () => {
        database = await open();
      });
      beforeEach(() => {
        scope = `tenant-${randomBytes(6).toString('hex')}`;
      });
      afterAll(() => database?.close());

      it('gives back what it was given, byte by byte', async () => {
        const { table } = database;
        const key = newKey({ scope });
        expect(await table.insertPending(key)).toBe(true);
        expect(await table.find([key.fingerprint])).toEqual([
          { ...key, state: 'pending', activated: undefined, retired: undefined },
        ]);
      });

      it('looks many keys up in one statement, with the branch keys that wrap them, and leaves unknown ones out', async () => {
        const { table } = database;
        const branch = newBranch();
        await table.insertPending(branch);
        const keys = Array.from({ length: 20 }, (_, index) => keyUnder(branch, { scope: `${scope}-${index}` }));
        for (const key of keys) await table.insertPending(key);
        const found = await table.find([...keys.map(({ fingerprint }) => fingerprint), randomBytes(16)]);
        const names = new Set(found.map(({ fingerprint }) => fingerprint.toString('hex')));
        expect(names).toEqual(new Set([branch, ...keys].map(({ fingerprint }) => fingerprint.toString('hex'))));
        expect(found).toHaveLength(21);
        await table.activate(branch.fingerprint, undefined, CREATED);
      });

      it('looks up more keys than fit into one statement', async () => {
        const key = newKey({ scope });
        await database.table.insertPending(key);
        const unknown = Array.from({ length: 2_500 }, () => randomBytes(16));
        const found = await database.table.find([...unknown, key.fingerprint]);
        expect(found.map(({ fingerprint }) => fingerprint)).toEqual([key.fingerprint]);
        expect(await database.table.find([])).toEqual([]);
      });

      it('keeps one pending key in a line, whoever of many came first', async () => {
        const { table } = database;
        const keys = Array.from({ length: 8 }, () => newKey({ scope }));
        const won = await Promise.all(keys.map((key) => table.insertPending(key)));
        expect(won.filter(Boolean)).toHaveLength(1);
        const line = await table.findLine('data', scope);
        expect(line.map(({ fingerprint }) => fingerprint)).toEqual([keys[won.indexOf(true)]?.fingerprint]);
        const lost = keys.filter((_, index) => won[index] !== true).map(({ fingerprint }) => fingerprint);
        expect(await table.find(lost)).toEqual([]);
      });

      it('refuses a new key by somebody who did not see that the line has an active one by now', async () => {
        const { table } = database;
        const [first, late, next] = [newKey({ scope }), newKey({ scope }), newKey({ scope })];
        await table.insertPending(first);
        await table.activate(first.fingerprint, undefined, CREATED);
        expect(await table.insertPending(late)).toBe(false);
        expect(await table.insertPending(late, randomBytes(16))).toBe(false);
        expect(await table.insertPending(next, first.fingerprint)).toBe(true);
        expect(await table.find([late.fingerprint])).toEqual([]);
      });

      it('takes scopes that differ in case, in accents or in a space at the end for different ones', async () => {
        const { table } = database;
        for (const each of [scope, scope.toUpperCase(), `${scope} `, `${scope}é`, `${scope}e\u0301`, `${scope}🔑`]) {
          const key = newKey({ scope: each });
          expect(await table.insertPending(key)).toBe(true);
          expect(await table.findLine('data', each)).toMatchObject([{ scope: each, fingerprint: key.fingerprint }]);
        }
      });

      it('makes the pending key active and the one before it decrypt-only', async () => {
        const { table } = database;
        const [first, second] = [newKey({ scope }), newKey({ scope })];
        await table.insertPending(first);
        await table.activate(first.fingerprint, undefined, CREATED + 1);
        await table.insertPending(second, first.fingerprint);
        await table.activate(second.fingerprint, first.fingerprint, CREATED + 2);
        const byFingerprint = await table.find([first.fingerprint, second.fingerprint]);
        const stateOf = ({ fingerprint }: { fingerprint: Buffer }) =>
          byFingerprint.find((record) => record.fingerprint.equals(fingerprint));
        expect(stateOf(first)).toMatchObject({ state: 'decrypt-only', activated: CREATED + 1, retired: CREATED + 2 });
        expect(stateOf(second)).toMatchObject({ state: 'active', activated: CREATED + 2, retired: undefined });
      });

      it('activates once when many processes do so at the same moment, and never takes an active key back', async () => {
        const { table } = database;
        const [first, second] = [newKey({ scope }), newKey({ scope })];
        await table.insertPending(first);
        await table.activate(first.fingerprint, undefined, CREATED);
        await table.insertPending(second, first.fingerprint);
        const activate = () => table.activate(second.fingerprint, first.fingerprint, CREATED + 5);
        await Promise.all(Array.from({ length: 6 }, activate));
        await table.activate(first.fingerprint, second.fingerprint, CREATED + 6).catch(() => undefined);
        const line = await table.findLine('data', scope);
        expect(line.filter(({ state }) => state === 'active').length).toBeLessThanOrEqual(1);
        expect((await table.find([first.fingerprint]))[0]?.state).toBe('decrypt-only');
      });

      it('leaves the active key alone when another one of the line is to become active beside it', async () => {
        const { table } = database;
        const [first, second] = [newKey({ scope }), newKey({ scope })];
        await table.insertPending(first);
        await table.activate(first.fingerprint, undefined, CREATED);
        await table.insertPending(second, first.fingerprint);
        await table.activate(second.fingerprint, undefined, CREATED);
        const line = await table.findLine('data', scope);
        expect(line.find(({ state }) => state === 'active')?.fingerprint).toEqual(first.fingerprint);
        expect(line.find(({ state }) => state === 'pending')?.fingerprint).toEqual(second.fingerprint);
      });

      it('refuses to delete a key or its last wrap', async () => {
        const { table, run } = database;
        const key = newKey({ scope });
        await table.insertPending(key);
        await expect(run('DELETE FROM sqlcrypter_keys')).rejects.toThrow(/sqlcrypter/);
        await expect(run('DELETE FROM sqlcrypter_key_wraps')).rejects.toThrow(/sqlcrypter/);
        expect(await codeOf(table.removeWrap(key.fingerprint, 200, 'kek-1'))).toBe('KEY_STORE_UNAVAILABLE');
        expect(await table.find([key.fingerprint])).toMatchObject([{ wraps: key.wraps }]);
      });

      it('adds, replaces and removes wraps of one key', async () => {
        const { table } = database;
        const key = newKey({ scope });
        await table.insertPending(key);
        const second = { provider: 2, keyId: 'arn:aws:kms:eu-west-1:111122223333:key/1', wrapped: randomBytes(184) };
        await table.addWrap(key.fingerprint, { ...second, wrapped: randomBytes(184) });
        await table.addWrap(key.fingerprint, second);
        expect((await table.find([key.fingerprint]))[0]?.wraps).toEqual([second, ...key.wraps]);
        await table.removeWrap(key.fingerprint, 200, 'kek-1');
        expect((await table.find([key.fingerprint]))[0]?.wraps).toEqual([second]);
      });

      it('erases a scope: its keys are destroyed, their wraps gone, and the line takes no new key', async () => {
        const { table } = database;
        const [old, current, other] = [newKey({ scope }), newKey({ scope }), newKey({ scope: `${scope}-other` })];
        await table.insertPending(old);
        await table.activate(old.fingerprint, undefined, CREATED);
        await table.insertPending(current, old.fingerprint);
        await table.insertPending(other);
        expect(await table.eraseScope(scope)).toBe(2);
        expect(await table.eraseScope(scope)).toBe(0);
        const records = await table.find([old.fingerprint, current.fingerprint]);
        expect(records.map(({ state, wraps }) => ({ state, wraps }))).toEqual([
          { state: 'destroyed', wraps: [] },
          { state: 'destroyed', wraps: [] },
        ]);
        expect(await table.insertPending(newKey({ scope }))).toBe(false);
        expect(await table.find([other.fingerprint])).toMatchObject([{ state: 'pending', wraps: other.wraps }]);
        const status = await table.findStatus([old, current, other].map(({ fingerprint }) => fingerprint));
        const destroyed = status
          .filter(({ state }) => state === 'destroyed')
          .map(({ fingerprint }) => String(fingerprint));
        expect(new Set(destroyed)).toEqual(new Set([old, current].map(({ fingerprint }) => String(fingerprint))));
      });

      it('disables a key and enables it again, for reading only', async () => {
        const { table } = database;
        const key = newKey({ scope });
        await table.insertPending(key);
        expect(await table.disableKey(key.fingerprint)).toBe(true);
        expect(await table.disableKey(key.fingerprint)).toBe(false);
        expect(await table.findStatus([key.fingerprint])).toMatchObject([{ state: 'disabled' }]);
        expect(await table.enableKey(key.fingerprint)).toBe(true);
        expect(await table.enableKey(randomBytes(16))).toBe(false);
        expect(await table.find([key.fingerprint])).toMatchObject([{ state: 'decrypt-only' }]);
      });

      it('lists keys page by page in the order of their fingerprints', async () => {
        const { table } = database;
        const seen: Buffer[] = [];
        for (let after: Buffer | undefined; ; after = seen.at(-1)) {
          const page = await table.list('data', after, 7);
          seen.push(...page.map(({ fingerprint }) => fingerprint));
          if (page.length < 7) break;
        }
        expect(seen.length).toBeGreaterThan(7);
        expect(seen).toEqual([...seen].sort(Buffer.compare));
        expect(await codeOf(table.list('data', undefined, 0))).toBe('CONFIG');
      });

      it('is whole again from an export after its rows were lost, except for what was erased', async () => {
        const source = await open();
        const target = await open();
        try {
          const branch = newBranch();
          const key = keyUnder(branch, { scope });
          const erased = keyUnder(branch, { scope: `${scope}-erased` });
          for (const each of [branch, key, erased]) await source.table.insertPending(each);
          await source.table.activate(key.fingerprint, undefined, CREATED);
          const text = await source.table.export();
          expect(await target.table.import(text)).toEqual({ added: 3, present: 0 });
          const found = await target.table.find([key.fingerprint]);
          expect(found).toMatchObject([
            { ...key, state: 'decrypt-only' },
            { ...branch, state: 'decrypt-only' },
          ]);
          await target.table.eraseScope(erased.scope);
          expect(await target.table.import(text)).toEqual({ added: 0, present: 3 });
          expect(await target.table.find([erased.fingerprint])).toMatchObject([{ state: 'destroyed', wraps: [] }]);
        } finally {
          await source.close();
          await target.close();
        }
      });

      it('gives its replica the first word, and the primary the last', async () => {
        const replica = await open();
        try {
          const table = createKeyTable({ ...database.options, replica: Object.values(replica.options)[0] });
          const branch = newBranch();
          const [lagging, half, arrived] = [0, 1, 2].map((index) =>
            keyUnder(branch, { scope: `${scope}-${index}` }),
          ) as [ReturnType<typeof newKey>, ReturnType<typeof newKey>, ReturnType<typeof newKey>];
          for (const key of [branch, lagging, half]) await database.table.insertPending(key);
          await replica.table.insertPending(half);
          await replica.table.insertPending(newBranch({ ...branch, scope: 'branch of the replica' }));
          await replica.table.insertPending(arrived);
          const names = async (fingerprint: Buffer) => (await table.find([fingerprint])).map(({ scope: each }) => each);
          expect(await names(lagging.fingerprint)).toContain(lagging.scope);
          expect(await names(arrived.fingerprint)).toEqual([arrived.scope, 'branch of the replica']);
          await database.table.activate(branch.fingerprint, undefined, CREATED);
        } finally {
          await replica.close();
        }
        const broken = createKeyTable({ ...database.options, replica: Object.values(replica.options)[0] });
        const key = newKey({ scope });
        await database.table.insertPending(key);
        expect(await broken.find([key.fingerprint])).toMatchObject([{ scope }]);
        expect(await broken.findPending('data', [`${scope}-other`, scope])).toMatchObject([{ scope }]);
        expect(await broken.findPending('branch', [scope])).toEqual([]);
      });

      it('says that it is not available when its tables are not there, without a value of the statement', async () => {
        const closed = await open();
        await closed.close();
        expect(await codeOf(closed.table.findLine('data', scope))).toBe('KEY_STORE_UNAVAILABLE');
        expect(await codeOf(closed.table.insertPending(newKey({ scope })))).toBe('KEY_STORE_UNAVAILABLE');
      });
    },
  );
}
