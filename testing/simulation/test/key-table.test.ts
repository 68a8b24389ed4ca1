import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type AwsKmsCrypterer, createAwsKmsKeyService } from '@sqlcrypter/awskms';
import { decryptMany, type ErrorCode, encryptMany, SqlcrypterError } from '@sqlcrypter/core';
import { rewrap } from '@sqlcrypter/envelope';
import { createKeyTable, type KeyTable, keyTableSql } from '@sqlcrypter/key-table';
import { decryptRows, encryptedColumn, text as textType } from '@sqlcrypter/sql';
import {
  type Dump,
  databaseFiles,
  dumpPostgres,
  restorePostgres,
  searchForPlaintext,
} from '@sqlcrypter/test-databases';
import pg from 'pg';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { newDatabase, newFleet, openPool, whenTestEnds } from './fleet.js';

// As it is built: it runs without a test runner.
const racingProcess = fileURLToPath(new URL('../dist/racing-process.js', import.meta.url));

const text = Buffer.from('999-00-1234');
const keyOf = (value: Buffer) => value.toString('hex', 4, 20);
const HOUR = 3_600_000;

async function codeOf(call: Promise<unknown>): Promise<ErrorCode | 'no error'> {
  return call.then(
    () => 'no error',
    (error) => {
      if (SqlcrypterError.is(error)) return error.code;
      throw error;
    },
  );
}

/** Runs something as a machine whose clock goes wrong. */
async function at<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
  const now = Date.now;
  Date.now = () => now() + milliseconds;
  try {
    return await work();
  } finally {
    Date.now = now;
  }
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe('a fleet over PostgreSQL', () => {
  it('reads 10,000 values under 100 data keys with one SELECT and one call to the KMS, as a batch and as rows', async () => {
    const { pool, kms, start } = await newFleet();
    const writer = await start();
    const context = { c: 'employee.ssn' };
    const lists: Buffer[][] = [];
    for (let tenant = 0; tenant < 100; tenant++) {
      const items = Array.from({ length: 100 }, (_, n) => ({ plaintext: Buffer.from(`${tenant}-${n}`), context }));
      lists.push(await encryptMany(items, { crypterer: writer, scope: `tenant-${tenant}` }));
    }
    // Interleaved, as they come from a table.
    const rows = Array.from({ length: 10_000 }, (_, index) => ({
      id: index,
      ssn: lists[index % 100]?.[Math.floor(index / 100)] as Buffer,
    }));
    const expected = rows.map(({ id }) => `${id % 100}-${Math.floor(id / 100)}`);
    const asked = vi.spyOn(pool, 'query');
    const readers: ((crypterer: AwsKmsCrypterer) => Promise<string[]>)[] = [
      async (crypterer) =>
        (
          await decryptMany(
            rows.map(({ ssn }) => ({ ciphertext: ssn, context })),
            { crypterer },
          )
        ).map(String),
      async (crypterer) => {
        const ssn = encryptedColumn({ table: 'employee', column: 'ssn', type: textType(), crypterer });
        return (await decryptRows(rows, { ssn })).map((row) => String(row.ssn));
      },
    ];
    for (const read of readers) {
      const reader = await start({ generate: 'never' });
      kms.clearCalls();
      asked.mockClear();
      expect(await read(reader)).toEqual(expected);
      expect(asked).toHaveBeenCalledTimes(1);
      expect(kms.countCalls()).toBe(1);
    }
  });

  it('that starts at the same moment on an empty table ends with one key, and so does each scope', async () => {
    const { pool, start } = await newFleet();
    const fleet = await Promise.all(Array.from({ length: 16 }, () => start()));
    const values = await Promise.all(
      fleet.flatMap((crypterer) => [crypterer.encrypt(text), crypterer.encrypt(text, { scope: 'a' })]),
    );
    expect(new Set(values.map(keyOf)).size).toBe(2);
    const { rows } = await pool.query('SELECT purpose, scope, state FROM sqlcrypter_keys ORDER BY purpose, scope');
    expect(rows).toEqual([
      { purpose: 'branch', scope: '', state: 'pending' },
      { purpose: 'data', scope: '', state: 'pending' },
      { purpose: 'data', scope: 'a', state: 'pending' },
    ]);
    const { rows: wraps } = await pool.query('SELECT 1 FROM sqlcrypter_key_wraps');
    expect(wraps).toHaveLength(3);
  });

  it('of operating system processes that start at the same moment ends with one key, too', async () => {
    const { database, kms, pool, start } = await newFleet();
    const env = {
      ...process.env,
      DATABASE_URL: database.url,
      KMS_ENDPOINT: kms.endpoint,
      KMS_REGION: kms.region,
      KMS_KEY_ID: kms.arnOf('alias/sqlcrypter'),
    };
    const children = Array.from({ length: 3 }, () => fork(racingProcess, { env }));
    await Promise.all(children.map((child) => once(child, 'message')));
    const answers = children.map(async (child) => (await once(child, 'message'))[0] as string[]);
    for (const child of children) child.send('go');
    const values = (await Promise.all(answers)).flat().map((value) => Buffer.from(value, 'base64'));
    expect(new Set(values.map(keyOf)).size).toBe(2);
    const reader = await start({ generate: 'never' });
    for (const value of values) expect(await reader.decrypt(value)).toEqual(text);
    const { rows } = await pool.query('SELECT count(*) AS keys FROM sqlcrypter_keys');
    expect(Number(rows[0].keys)).toBe(3);
  });

  it('changes its KMS key under constant writers, and no write or read fails', async () => {
    const { table, kms, client, start } = await newFleet();
    const old = kms.arnOf('alias/sqlcrypter');
    const next = kms.createKey();
    const written: Buffer[] = [];
    let fleet: AwsKmsCrypterer[] = await Promise.all([start(), start(), start()]);
    let stop = false;
    const work = async (place: number) => {
      for (let turn = 0; !stop; turn++) {
        const scope = `tenant-${turn % 40}`;
        written.push(await (fleet[place] as AwsKmsCrypterer).encrypt(text, { scope }));
        const value = written[Math.floor(Math.random() * written.length)] as Buffer;
        expect(await (fleet[place] as AwsKmsCrypterer).decrypt(value)).toEqual(text);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const workers = [0, 1, 2].map(work);
    const to = () => createAwsKmsKeyService({ client, keyId: next, decryptKeyArns: [old] });
    // 1: wrapped by both. 2: every process goes over to the new key. 3: the old wraps go, and then the old key.
    expect(await rewrap({ store: table, to: to() })).toEqual({ keys: 1, rewrapped: 1, removed: 0 });
    for (const place of [0, 1, 2]) {
      fleet = fleet.with(place, await start({ keyId: next }));
    }
    expect(await rewrap({ store: table, to: to(), removeOthers: true })).toEqual({ keys: 1, rewrapped: 0, removed: 1 });
    kms.scheduleKeyDeletion(old);
    const late = await start({ keyId: next });
    await vi.waitFor(() => expect(written.length).toBeGreaterThan(200), { timeout: 20_000 });
    stop = true;
    await Promise.all(workers);
    const items = written.map((ciphertext) => ({ ciphertext }));
    expect((await decryptMany(items, { crypterer: late })).every((each) => each.equals(text))).toBe(true);
    expect(await codeOf(start({ keyId: old }))).toBe('KMS_WRONG_KEY');
  });

  it('erases a scope: it is in a copy that was restored from before, and in none from after', async () => {
    const { database, pool, table, start } = await newFleet();
    const writer = await start();
    const value = await writer.encrypt(text, { scope: 'person:1001' });
    const other = await writer.encrypt(text, { scope: 'person:1002' });
    const { rows } = await pool.query('SELECT wrapped FROM sqlcrypter_key_wraps WHERE fingerprint = $1', [
      value.subarray(4, 20),
    ]);
    // Behind what it has in common with other wraps: the branch key's name and the nonce prefix of a process.
    const wrapped: Buffer = rows[0].wrapped.subarray(44);
    const findings = async () => {
      const { text: dump } = await dumpPostgres(database);
      return searchForPlaintext([{ name: 'dump', bytes: Buffer.from(dump) }], wrapped).length;
    };
    const before = await table.export();
    expect(await findings()).toBeGreaterThan(0);
    expect(await table.eraseScope('person:1001')).toBe(1);
    const after = await table.export();
    expect(await findings()).toBe(0);
    // VACUUM keeps what an open snapshot may still see, such as that of an ANALYZE.
    const vacuumed = async () => {
      await pool.query('VACUUM FULL sqlcrypter_key_wraps');
      expect(searchForPlaintext(await databaseFiles(database), wrapped)).toEqual([]);
    };
    await vi.waitFor(vacuumed, { timeout: 20_000, interval: 500 });

    const restored = async (backup: string) => {
      const copy = await newFleetTable();
      await copy.import(backup);
      return start({ store: copy, generate: 'never' });
    };
    expect(await codeOf((await start()).decrypt(value))).toBe('KEY_DESTROYED');
    expect(await codeOf((await restored(after)).decrypt(value))).toBe('KEY_NOT_FOUND');
    expect(await (await restored(after)).decrypt(other)).toEqual(text);
    // What every backup of the key table holds: hence its own plan, with an end to every backup.
    expect(await (await restored(before)).decrypt(value)).toEqual(text);
    // But never back into the table that knows of the erasing.
    await table.import(before);
    expect(await codeOf((await start()).decrypt(value))).toBe('KEY_DESTROYED');
  });

  it('whose clocks differ by an hour reads everything and writes nothing under an expired key', async () => {
    const { pool, start } = await newFleet();
    const dekLimits = { maxAge: 12 * HOUR };
    const [fast, slow] = [await at(HOUR, () => start({ dekLimits })), await start({ dekLimits })];
    const values: { value: Buffer; writtenAt: number }[] = [];
    for (let hour = 0; hour < 40; hour++) {
      for (const [crypterer, skew] of [
        [fast, HOUR],
        [slow, 0],
      ] as const) {
        await at(hour * HOUR + skew, async () => {
          const value = await crypterer.encrypt(text);
          values.push({ value, writtenAt: Date.now() });
          await crypterer.checkRevocations();
        });
      }
    }
    const { rows } = await pool.query(
      "SELECT encode(fingerprint, 'hex') AS key, expires FROM sqlcrypter_keys WHERE purpose = 'data'",
    );
    const expires = new Map(rows.map((row) => [row.key, Number(row.expires)]));
    expect(expires.size).toBeGreaterThanOrEqual(4);
    expect(expires.size).toBeLessThanOrEqual(8);
    for (const { value, writtenAt } of values) {
      expect(writtenAt).toBeLessThan(expires.get(keyOf(value)) as number);
      expect(await fast.decrypt(value)).toEqual(text);
      expect(await slow.decrypt(value)).toEqual(text);
    }
  });

  it('reads a value whose key has not reached its replica yet', async () => {
    const { pool, start } = await newFleet();
    const lagging = await newFleetTable();
    const replica = lagging.pool;
    const value = await (await start()).encrypt(text);
    const table = createKeyTable({ pg: pool, replica });
    expect(await (await start({ store: table, generate: 'never' })).decrypt(value)).toEqual(text);
    await replica.end();
    expect(await (await start({ store: table, generate: 'never' })).decrypt(value)).toEqual(text);
  });

  it.each(['eraseScope', 'disableKey'] as const)(
    'reads from a replica that lags until its next check, and never again what it knows of then: %s',
    async (how) => {
      const { pool, table, start } = await newFleet();
      const lagging = await newFleetTable();
      const value = await (await start()).encrypt(text, { scope: 'person:1001' });
      await lagging.import(await table.export());
      const store = createKeyTable({ pg: pool, replica: lagging.pool });
      const code = how === 'eraseScope' ? 'KEY_DESTROYED' : 'KEY_DISABLED';
      // The other's cache has room for no key: by its check it has forgotten what it read.
      const readers = await Promise.all(
        [{}, { dekCache: { maxSize: 1 } }].map((options) => start({ store, generate: 'never', ...options })),
      );
      for (const reader of readers) expect(await reader.decrypt(value)).toEqual(text);
      await (how === 'eraseScope' ? table.eraseScope('person:1001') : table.disableKey(value.subarray(4, 20)));
      for (const reader of readers) {
        await reader.checkRevocations();
        for (let time = 0; time < 3; time++) {
          expect(await codeOf(reader.decrypt(value))).toBe(code);
          reader.forgetKeys();
        }
      }
    },
  );

  it('asks the primary before it fails by what a replica has: revoked there, or a wrap that opens no more', async () => {
    const { pool, table, start } = await newFleet();
    const lagging = await newFleetTable();
    const value = await (await start()).encrypt(text, { scope: 'person:1001' });
    await lagging.import(await table.export());
    const store = createKeyTable({ pg: pool, replica: lagging.pool });
    const read = async () => (await start({ store, generate: 'never' })).decrypt(value);
    await lagging.disableKey(value.subarray(4, 20));
    expect(await read()).toEqual(text);
    await lagging.enableKey(value.subarray(4, 20));
    for (const purpose of ['data', 'branch']) {
      const ofPurpose = `SELECT fingerprint FROM sqlcrypter_keys WHERE purpose = '${purpose}'`;
      await lagging.pool.query(
        `UPDATE sqlcrypter_key_wraps SET wrapped = '\\x00ff'::bytea WHERE fingerprint IN (${ofPurpose})`,
      );
      expect(await read()).toEqual(text);
    }
    await lagging.eraseScope('person:1001');
    expect(await read()).toEqual(text);
  });

  it.each(['eraseScope', 'disableKey'] as const)('that listens drops a key at once after %s', async (how) => {
    const { database, table, start } = await newFleet();
    const value = await (await start()).encrypt(text, { scope: 'person:1001' });
    const other = await start({ generate: 'never', storedKeys: { revocationInterval: 24 * HOUR } });
    expect(await other.decrypt(value)).toEqual(text);
    const listener = new pg.Client(database.connection);
    whenTestEnds(() => listener.end());
    await listener.connect();
    listener.on('notification', () => other.checkRevocations());
    await listener.query('LISTEN sqlcrypter_keys');
    await (how === 'eraseScope' ? table.eraseScope('person:1001') : table.disableKey(value.subarray(4, 20)));
    const code = how === 'eraseScope' ? 'KEY_DESTROYED' : 'KEY_DISABLED';
    await vi.waitFor(async () => expect(await codeOf(other.decrypt(value))).toBe(code), { timeout: 10_000 });
  });

  it.each(['where there is pg_dump', 'by COPY'])('erases a scope in dumps that were restored, %s', async (how) => {
    if (how === 'by COPY') vi.stubEnv('PATH', '');
    const { database, pool, table, start } = await newFleet();
    await pool.query('CREATE TABLE people (id int PRIMARY KEY, ssn bytea NOT NULL)');
    const value = await (await start()).encrypt(text, { scope: 'person:1001' });
    await pool.query('INSERT INTO people VALUES (1, $1)', [value]);
    const found = await table.find([value.subarray(4, 20)]);
    const wrapped = found.find(({ purpose }) => purpose === 'data')?.wraps[0]?.wrapped as Buffer;
    const secret = wrapped.subarray(44);
    const [before, , after] = [
      await dumpPostgres(database),
      await table.eraseScope('person:1001'),
      await dumpPostgres(database),
    ];
    const restored = async (dump: Dump) => {
      const copy = await newDatabase();
      await restorePostgres(dump, copy, [
        ...keyTableSql('postgres'),
        'CREATE TABLE people (id int PRIMARY KEY, ssn bytea NOT NULL)',
      ]);
      const copyPool = openPool(copy);
      const { rows } = await copyPool.query('SELECT ssn FROM people WHERE id = 1');
      expect(rows[0].ssn).toEqual(value);
      return createKeyTable({ pg: copyPool });
    };
    const contains = ({ tool, text: dump }: Dump) =>
      searchForPlaintext([{ name: tool, bytes: Buffer.from(dump) }], secret).length > 0;
    expect([before, after].map(contains)).toEqual([true, false]);
    const [oldTable, newTable] = [await restored(before), await restored(after)];
    const read = async (store: KeyTable) => (await start({ store, generate: 'never' })).decrypt(value);
    expect(await codeOf(read(newTable))).toBe('KEY_DESTROYED');
    // The row of an old dump of the data, beside the key table of today.
    expect(await codeOf(read(table))).toBe('KEY_DESTROYED');
    // As the README says: the oldest copy of the key table decides when an erased person is gone.
    expect(await read(oldTable)).toEqual(text);
  });

  it('holds no transaction while the KMS is asked', async () => {
    const { pool, kms, start } = await newFleet();
    kms.setFault('*', { latency: 400 });
    const starting = start();
    const open: number[] = [];
    for (let time = 0; time < 8; time++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      const { rows } = await pool.query(
        "SELECT count(*) AS open FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'",
      );
      open.push(Number(rows[0].open));
    }
    await starting;
    expect(open).toEqual(open.map(() => 0));
  });

  it('refuses to lose its table by a DELETE or a TRUNCATE, and is whole again from an export', async () => {
    const { pool, table, start } = await newFleet();
    const value = await (await start()).encrypt(text);
    const backup = await table.export();
    for (const name of ['sqlcrypter_keys', 'sqlcrypter_key_wraps']) {
      await expect(pool.query(`DELETE FROM ${name}`)).rejects.toThrow(/sqlcrypter/);
      await expect(pool.query(`TRUNCATE ${name}`)).rejects.toThrow(/sqlcrypter/);
    }
    const empty = await newFleetTable();
    expect(await codeOf((await start({ store: empty })).decrypt(value))).toBe('KEY_NOT_FOUND');
    await empty.import(backup);
    expect(await (await start({ store: empty })).decrypt(value)).toEqual(text);
  });
});

/** A key table in a database of its own, empty. */
async function newFleetTable() {
  const pool = openPool(await newDatabase());
  for (const statement of keyTableSql('postgres')) await pool.query(statement);
  return Object.assign(createKeyTable({ pg: pool }), { pool });
}
