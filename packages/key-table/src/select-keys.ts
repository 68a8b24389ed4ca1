/// <reference types="node" preserve="true" />
import type { KeyPurpose, KeyRecord, KeyStatus } from '@sqlcrypter/core/provider';
import { type Driver, listsOf, placeholders, type Row, run } from './database.js';
import { BRANCH_PROVIDER, MOST_WRAPS } from './key-checks.js';
import { bytesOf, inOrder, recordsOf, statusOf } from './key-rows.js';

const FACTS =
  'k.fingerprint AS fingerprint, k.purpose AS purpose, k.scope AS scope, k.state AS state, ' +
  'k.created AS created, k.expires AS expires';
const STORY = `${FACTS}, k.activated AS activated, k.retired AS retired`;
const WRAP = 'w.provider AS provider, w.kek AS kek, w.wrapped AS wrapped';

/** A statement that gives fingerprints. */
interface Wanted {
  readonly sql: string;
  readonly parameters: readonly unknown[];
  /** How many it gives at most. */
  readonly most: number;
}

/** Keys with these fingerprints, and the branch keys that their wraps name. */
export async function selectKeys(driver: Driver, fingerprints: readonly Buffer[]): Promise<KeyRecord[]> {
  const found: KeyRecord[] = [];
  for (const list of listsOf(fingerprints)) {
    const sql = `SELECT fingerprint FROM sqlcrypter_keys WHERE fingerprint IN ${placeholders(list.length)}`;
    found.push(...(await selectWithBranches(driver, { sql, parameters: list, most: list.length })));
  }
  return found;
}

/** A line's pending and active key and one that is destroyed, and their branch keys. */
export function selectLine(driver: Driver, purpose: KeyPurpose, scope: string): Promise<KeyRecord[]> {
  const line = [purpose, scopeIn(driver, scope)];
  const inLine = 'SELECT fingerprint FROM sqlcrypter_keys WHERE purpose = ? AND scope = ? AND state';
  // There may be any number of destroyed ones: whoever writes to the table can put them there.
  const sql = `${inLine} IN ('pending', 'active') UNION SELECT fingerprint FROM (${inLine} = 'destroyed' LIMIT 1) gone`;
  return selectWithBranches(driver, { sql, parameters: [...line, ...line], most: 3 });
}

/** The pending keys of these lines, and their branch keys. */
export async function selectPending(
  driver: Driver,
  purpose: KeyPurpose,
  scopes: readonly string[],
): Promise<KeyRecord[]> {
  const found: KeyRecord[] = [];
  for (const list of listsOf(scopes)) {
    const inLines = `purpose = ? AND scope IN ${placeholders(list.length)} AND state = 'pending'`;
    const sql = `SELECT fingerprint FROM sqlcrypter_keys WHERE ${inLines}`;
    const parameters = [purpose, ...list.map((scope) => scopeIn(driver, scope))];
    found.push(...(await selectWithBranches(driver, { sql, parameters, most: list.length })));
  }
  return found;
}

/** Keys that are not destroyed, in the order of their fingerprints. */
export async function selectPage(
  driver: Driver,
  purpose: KeyPurpose,
  after: Buffer,
  limit: number,
): Promise<KeyRecord[]> {
  const sql =
    "SELECT fingerprint FROM sqlcrypter_keys WHERE purpose = ? AND state <> 'destroyed' AND fingerprint > ? " +
    `ORDER BY fingerprint LIMIT ${limit}`;
  const wanted = { sql: `SELECT fingerprint FROM (${sql}) page`, parameters: [purpose, after], most: limit };
  const records = (await selectAtOnce(driver, wanted)) ?? (await selectOneByOne(driver, wanted));
  return records.sort((one, other) => one.fingerprint.compare(other.fingerprint));
}

/** What the rows of these keys say, without their wraps. */
export async function selectStatus(driver: Driver, fingerprints: readonly Buffer[]): Promise<KeyStatus[]> {
  const found = new Map<string, KeyStatus>();
  for (const list of listsOf(fingerprints)) {
    const sql = `SELECT ${FACTS} FROM sqlcrypter_keys k WHERE k.fingerprint IN ${placeholders(list.length)}`;
    for (const row of await run(driver, sql, list)) {
      const status = statusOf(row);
      found.set(status.fingerprint.toString('latin1'), status);
    }
  }
  return [...found.values()];
}

/** MariaDB and MySQL keep scopes as bytes: their collations may take two texts for one. */
export function scopeIn({ dialect }: Driver, scope: string): string | Buffer {
  return dialect === 'mysql' ? Buffer.from(scope) : scope;
}

async function selectWithBranches(driver: Driver, wanted: Wanted): Promise<KeyRecord[]> {
  const { sql, parameters, most } = wanted;
  const branches =
    `SELECT branch FROM (SELECT w.branch AS branch FROM sqlcrypter_key_wraps w WHERE w.branch IS NOT NULL ` +
    `AND w.fingerprint IN (${sql}) LIMIT ${mostRows(most)}) named`;
  const both = { sql: `${sql} UNION ${branches}`, parameters: [...parameters, ...parameters], most };
  const records = await selectAtOnce(driver, both);
  if (records !== undefined) return inOrder(records);
  const keys = await selectOneByOne(driver, wanted);
  const wraps = keys.flatMap((key) => key.wraps).filter(({ provider }) => provider === BRANCH_PROVIDER);
  const named = [...new Set(wraps.map(({ keyId }) => keyId))].map((keyId) => Buffer.from(keyId, 'hex'));
  const others: KeyRecord[] = [];
  for (const list of listsOf(named)) {
    const ofList = `SELECT fingerprint FROM sqlcrypter_keys WHERE fingerprint IN ${placeholders(list.length)}`;
    others.push(...(await selectOneByOne(driver, { sql: ofList, parameters: list, most: list.length })));
  }
  return inOrder([...keys, ...others]);
}

/** More rows than keys with their wraps ever have. The keys of one look-up share few branch keys. */
function mostRows(keys: number): number {
  return 4 * keys + 64;
}

/** Keys with their wraps in one statement; undefined if there are too many wraps. */
async function selectAtOnce(driver: Driver, { sql, parameters, most }: Wanted): Promise<KeyRecord[] | undefined> {
  const limit = mostRows(most);
  const rows = await run(
    driver,
    `SELECT ${STORY}, ${WRAP} FROM (${sql}) wanted JOIN sqlcrypter_keys k ON k.fingerprint = wanted.fingerprint ` +
      `LEFT JOIN sqlcrypter_key_wraps w ON w.fingerprint = k.fingerprint LIMIT ${limit}`,
    parameters,
  );
  return rows.length < limit ? recordsOf(rows) : undefined;
}

/** Somebody wrote wraps without end: as many are read of each key as this package would have stored. */
async function selectOneByOne(driver: Driver, { sql, parameters }: Wanted): Promise<KeyRecord[]> {
  const keys = `SELECT ${STORY} FROM (${sql}) wanted JOIN sqlcrypter_keys k ON k.fingerprint = wanted.fingerprint`;
  const wraps = `SELECT ${WRAP} FROM sqlcrypter_key_wraps w WHERE w.fingerprint = ? ORDER BY w.provider, w.kek LIMIT ${MOST_WRAPS}`;
  const rows: Row[] = [];
  for (const key of await run(driver, keys, parameters)) {
    const own = await run(driver, wraps, [bytesOf(key.fingerprint)]);
    rows.push(...(own.length === 0 ? [{ ...key, wrapped: null }] : own.map((wrap) => ({ ...key, ...wrap }))));
  }
  return recordsOf(rows);
}
