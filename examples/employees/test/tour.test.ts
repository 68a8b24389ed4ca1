import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '@sqlcrypter/test-databases';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runTour } from './run-tour.js';

/** Where the tour under test has its temporary files. */
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sqlcrypter-tour-'));
  // PostgreSQL runs as another user where the tests run as root.
  await chmod(folder, 0o755);
});

afterAll(() => rm(folder, { recursive: true }));

describe('the tour, on a PostgreSQL that it starts itself', () => {
  let tour: Awaited<ReturnType<typeof runTour>>;

  beforeAll(async () => {
    tour = await runTour({ env: { TMPDIR: folder } });
  });

  it('ends with a summary and exit code 0', () => {
    expect(tour.stderr).toBe('');
    expect(tour.exitCode).toBe(0);
    expect(tour.stdout).toContain('19 sections, 39 checks: everything came as it should.');
    expect(tour.stdout).toContain('9 times: 2 CHECK, 5 AUTH_FAILED, 1 KEY_NOT_FOUND, 1 KMS_DENIED.');
  });

  it.each([
    ['the database holds ciphertext', /ssn {4}\| \\x00c71201[0-9a-f]{70}\n/],
    [
      'the bytes of a row hold no SSN',
      /ok {2}A search of the row for 999-00-1234, as text, hex and base64, finds nothing/,
    ],
    ['a plaintext is refused by the CHECK', /violates check constraint "employee_ssn_check"/],
    ['the application reads plain values', /ssn: '999-00-1234',\n/],
    ['an update changes the value', /ok {2}The SSN that is read: 999-00-4321/],
    ['JSON has the ciphertext', /"ssn": "AMcSA[A-Za-z0-9+/]+=*"/],
    ['a log line has nothing', /ok {2}String\(employee\.ssn\): \[REDACTED\]/],
    ['NULL stays NULL', /ssn {4}\| \(NULL\)\n/],
    ['a backup holds no SSN', /ok {2}0 of 2 SSNs are found\./],
    ['a value moved to another row is refused', /ok {2}refused \(AUTH_FAILED\): findEmployee\(db, grace\.id\)/],
    ['a value moved to another column is refused', /ok {2}refused \(AUTH_FAILED\): findEmployee\(db, ada\.id\)/],
    ['a value under the old key is read', /ok {2}The SSN of Ada, under the old key: 999-00-4321/],
    ['new values are under the new key', /Ada Lovelace {3}key ([0-9a-f]{8})\n +Alan Turing {4}key (?!\1)[0-9a-f]{8}\n/],
    ['the old key can go after an update of all rows', /ok {2}With the new key alone, all 3 employees are read/],
    ['SQLite holds ciphertext', /ssn {4}\| X'00C71201[0-9A-F]{70,}\n/],
    ['all rows are read after a restart by one call', /ok {2}Calls to the KMS: \{ GenerateDataKey: 1, Decrypt: 1 \}/],
    ['a lost permission is a coded error', /ok {2}refused \(KMS_DENIED\): listEmployees\(db\)/],
  ])('shows that %s', (_, sentence) => {
    expect(tour.stdout).toMatch(sentence);
  });

  it('prints lines of less than 100 characters', () => {
    expect(tour.stdout.split('\n').filter((line) => line.length >= 100)).toEqual([]);
  });

  it('leaves neither a server nor a file behind', async () => {
    expect(await accepts(portOf(tour.stdout))).toBe(false);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('the tour', () => {
  it('uses the PostgreSQL that is named, and drops its databases there', async () => {
    const server = await startPostgres();
    const database = await server.createDatabase('named');
    try {
      const tour = await runTour({ env: { SQLCRYPTER_TEST_POSTGRES: database.url } });
      expect(tour.exitCode).toBe(0);
      expect(tour.stdout).toContain(`PostgreSQL was there already, at ${server.connection.host}:`);
      expect(await databasesOf(tour.pid, database.url)).toEqual([]);
    } finally {
      await server.stop();
    }
  });

  it('says so and fails when the PostgreSQL that is named is not there', async () => {
    const tour = await runTour({ env: { SQLCRYPTER_TEST_POSTGRES: 'postgres://127.0.0.1:1' } });
    expect(tour.exitCode).toBe(1);
    expect(tour.stderr).toContain('The PostgreSQL server that SQLCRYPTER_TEST_POSTGRES names cannot be used');
  });

  it('fails where something is not as it says', async () => {
    const preload = new URL('fixtures/without-check.mjs', import.meta.url).href;
    const tour = await runTour({ preload });
    expect(tour.exitCode).toBe(1);
    expect(tour.stderr).toContain('the statement: not refused\nExpected to be refused: CHECK');
    expect(tour.stdout).not.toContain('Summary');
  });

  it('leaves neither a server nor a file behind when it is interrupted', async () => {
    const tour = await runTour({
      env: { TMPDIR: folder },
      onOutput: (stdout, child) => stdout.includes(' 1. ') && !child.killed && child.kill('SIGINT'),
    });
    expect(tour.exitCode).toBe(130);
    expect(tour.stderr).toBe('\nStopped. Everything that was started is closed.\n');
    expect(await accepts(portOf(tour.stdout))).toBe(false);
    expect(await readdir(folder)).toEqual([]);
  });
});

function portOf(stdout: string): number {
  return Number(/was started for this tour, at 127\.0\.0\.1:(\d+)\./.exec(stdout)?.[1]);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** Databases on the server that a process has made and not dropped. */
async function databasesOf(pid: number, url: string): Promise<unknown[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { rows } = await client.query('select datname from pg_database where datname like $1', [
      `sqlcrypter\\_test\\_employees\\_${pid}\\_%`,
    ]);
    return rows;
  } finally {
    await client.end();
  }
}
