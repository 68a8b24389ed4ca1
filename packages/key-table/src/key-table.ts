/// <reference types="node" preserve="true" />
import { SqlcrypterError } from '@sqlcrypter/core';
import {
  checkScope,
  type KeyPurpose,
  type KeyRecord,
  type KeyState,
  type KeyStore,
  type KeyWrap,
  type NewKey,
} from '@sqlcrypter/core/provider';
import { type Driver, placeholders, run, tryRun } from './database.js';
import { readKeyExport, writeKeyExport } from './key-export.js';
import { COLUMNS, recordsOf } from './key-rows.js';

/** Keys or lines in one statement: every database and driver takes as many parameters. */
const CHUNK = 1_000;
const PAGE = 500;
const BRANCH = 0;
/** No key's fingerprint. */
const NOBODY = Buffer.alloc(0);

/** What {@link KeyTable.import} did. */
export interface ImportResult {
  /** Keys that the table did not have. */
  readonly added: number;
  /** Keys that were there, or whose scope is erased; wraps that living ones lacked were added. */
  readonly present: number;
}

/** A {@link KeyStore} in two tables beside the data, and what an operator does with them. */
export interface KeyTable extends KeyStore {
  /**
   * Destroys every data key of a scope, for good: their values are `KEY_DESTROYED` from then on, in running processes
   * once their revocation interval is over. Values cannot be encrypted in that scope again, if there was a key to
   * destroy. Backups of the key table that are older still open them. Gives the number of keys destroyed now; repeating
   * it is safe.
   *
   * Errors: `INVALID_ARGUMENT`, `KEY_STORE_UNAVAILABLE`.
   */
  eraseScope(scope: string): Promise<number>;
  /** Makes a key unusable until it is enabled: `KEY_DISABLED`. False if there is no such key, or it was destroyed. */
  disableKey(fingerprint: Uint8Array): Promise<boolean>;
  /** Makes a disabled key readable again; nothing new is encrypted under it. False if it is not disabled. */
  enableKey(fingerprint: Uint8Array): Promise<boolean>;
  /** Every key that is not destroyed, with its wraps, as JSON. Nothing in it can be read without a wrapping key. */
  export(): Promise<string>;
  /**
   * Adds what {@link KeyTable.export} gave, for reading. A scope that was erased in this table stays so.
   *
   * Errors: `CONFIG` (not such an export), `KEY_STORE_UNAVAILABLE`.
   */
  import(text: string): Promise<ImportResult>;
}

export class SqlKeyTable implements KeyTable {
  readonly #primary: Driver;
  readonly #replica: Driver | undefined;

  constructor(primary: Driver, replica: Driver | undefined) {
    this.#primary = primary;
    this.#replica = replica;
  }

  async find(fingerprints: readonly Buffer[]): Promise<KeyRecord[]> {
    const found: KeyRecord[] = [];
    for (const chunk of chunksOf(fingerprints)) {
      const known = await this.#fromReplica(chunk);
      const missing = chunk.filter((fingerprint) => !isComplete(fingerprint, known));
      found.push(...known.values());
      if (missing.length > 0) found.push(...(await findIn(this.#primary, missing)));
    }
    return found;
  }

  async findLine(purpose: KeyPurpose, scope: string): Promise<KeyRecord[]> {
    const where = "k.purpose = ? AND k.scope = ? AND k.state IN ('pending', 'active', 'destroyed')";
    return selectKeys(this.#primary, where, [purpose, this.#scopeOf(scope)]);
  }

  async findPending(purpose: KeyPurpose, scopes: readonly string[]): Promise<KeyRecord[]> {
    const found: KeyRecord[] = [];
    for (const chunk of chunksOf(scopes)) {
      const where = `k.purpose = ? AND k.scope IN ${placeholders(chunk.length)} AND k.state = 'pending'`;
      const parameters = [purpose, ...chunk.map((scope) => this.#scopeOf(scope))];
      const pending = (driver: Driver) => selectKeys(driver, where, parameters);
      const answer = pending(this.#replica ?? this.#primary);
      found.push(...(await (this.#replica === undefined ? answer : answer.catch(() => pending(this.#primary)))));
    }
    return found;
  }

  async findRevoked(fingerprints: readonly Buffer[]): Promise<Buffer[]> {
    const revoked: Buffer[] = [];
    for (const chunk of chunksOf(fingerprints)) {
      const rows = await run(
        this.#primary,
        `SELECT k.fingerprint AS fingerprint FROM sqlcrypter_keys k WHERE k.state IN ('disabled', 'destroyed') ` +
          `AND k.fingerprint IN ${placeholders(chunk.length)}`,
        chunk,
      );
      for (const { fingerprint } of rows) revoked.push(Buffer.from(fingerprint as Uint8Array));
    }
    return revoked;
  }

  async insertPending(key: NewKey, replaces: Buffer = NOBODY): Promise<boolean> {
    checkNewKey(key);
    return this.#store(key, 'pending', replaces);
  }

  async activate(fingerprint: Buffer, replaced: Buffer | undefined, at: number): Promise<void> {
    if (replaced !== undefined) {
      const retire = "UPDATE sqlcrypter_keys SET state = 'decrypt-only', retired = ? WHERE fingerprint = ?";
      await run(this.#primary, `${retire} AND state = 'active'`, [at, replaced]);
    }
    // Between the two the line has a pending key only, which writers may use then.
    const activate = "UPDATE sqlcrypter_keys SET state = 'active', activated = ? WHERE fingerprint = ?";
    await tryRun(this.#primary, `${activate} AND state = 'pending'`, [at, fingerprint]);
  }

  async list(purpose: KeyPurpose, after: Buffer | undefined, limit: number): Promise<KeyRecord[]> {
    const rows = await run(
      this.#primary,
      `SELECT ${COLUMNS} FROM (SELECT fingerprint FROM sqlcrypter_keys WHERE purpose = ? AND state <> 'destroyed' ` +
        `AND fingerprint > ? ORDER BY fingerprint LIMIT ${checkLimit(limit)}) wanted ` +
        `${JOINS} ORDER BY k.fingerprint, w.provider, w.kek`,
      [purpose, after ?? Buffer.alloc(0)],
    );
    return recordsOf(rows);
  }

  async addWrap(fingerprint: Buffer, { provider, keyId, wrapped }: KeyWrap): Promise<void> {
    const branch = provider === BRANCH ? Buffer.from(keyId, 'hex') : null;
    const replace =
      this.#primary.dialect === 'mysql'
        ? 'ON DUPLICATE KEY UPDATE wrapped = VALUES(wrapped)'
        : 'ON CONFLICT (fingerprint, provider, kek) DO UPDATE SET wrapped = excluded.wrapped';
    await run(
      this.#primary,
      `INSERT INTO sqlcrypter_key_wraps (fingerprint, provider, kek, branch, wrapped) VALUES ${placeholders(5)} ${replace}`,
      [fingerprint, provider, keyId, branch, wrapped],
    );
  }

  async removeWrap(fingerprint: Buffer, provider: number, keyId: string): Promise<void> {
    await run(this.#primary, 'DELETE FROM sqlcrypter_key_wraps WHERE fingerprint = ? AND provider = ? AND kek = ?', [
      fingerprint,
      provider,
      keyId,
    ]);
  }

  async eraseScope(scope: string): Promise<number> {
    checkScope(scope);
    const line = ['data', this.#scopeOf(scope)];
    const where = 'WHERE purpose = ? AND scope = ? AND state';
    const living = `SELECT fingerprint FROM sqlcrypter_keys ${where} <> 'destroyed'`;
    const destroy = `UPDATE sqlcrypter_keys SET state = 'destroyed', retired = ? ${where} <> 'destroyed'`;
    const destroyed = `SELECT fingerprint FROM sqlcrypter_keys ${where} = 'destroyed'`;
    let count = 0;
    // Every step is safe to repeat: whoever is cut off between them erases once more. A key that was being stored
    // meanwhile is found by the next look; whoever stores one after that look sees what happened to the line.
    for (;;) {
      const keys = await run(this.#primary, living, line);
      if (keys.length > 0) await run(this.#primary, destroy, [Date.now(), ...line]);
      await run(this.#primary, `DELETE FROM sqlcrypter_key_wraps WHERE fingerprint IN (${destroyed})`, line);
      if (keys.length === 0) return count;
      count += keys.length;
    }
  }

  disableKey(fingerprint: Uint8Array): Promise<boolean> {
    return this.#changeState(fingerprint, ['pending', 'active', 'decrypt-only'], 'disabled');
  }

  enableKey(fingerprint: Uint8Array): Promise<boolean> {
    return this.#changeState(fingerprint, ['disabled'], 'decrypt-only');
  }

  async export(): Promise<string> {
    const records: KeyRecord[] = [];
    for (const purpose of ['branch', 'data'] as const) {
      let after: Buffer | undefined;
      for (;;) {
        const page = await this.list(purpose, after, PAGE);
        records.push(...page);
        after = page.at(-1)?.fingerprint;
        if (page.length < PAGE) break;
      }
    }
    return writeKeyExport(records);
  }

  async import(text: string): Promise<ImportResult> {
    const keys = readKeyExport(text);
    let added = 0;
    for (const key of keys) {
      const [known] = await findIn(this.#primary, [key.fingerprint]);
      if (known?.state === 'destroyed') continue;
      const has = ({ provider, keyId }: KeyWrap) =>
        known?.wraps.some((wrap) => wrap.provider === provider && wrap.keyId === keyId) === true;
      if (known !== undefined) {
        for (const wrap of key.wraps) if (!has(wrap)) await this.addWrap(key.fingerprint, wrap);
        continue;
      }
      // For reading only: which key a line writes with is decided by the table that is in use.
      if (await this.#store(key, key.state === 'disabled' ? 'disabled' : 'decrypt-only')) added += 1;
    }
    return { added, present: keys.length - added };
  }

  async #changeState(fingerprint: Uint8Array, from: readonly KeyState[], to: KeyState): Promise<boolean> {
    const bytes = Buffer.from(fingerprint);
    const [record] = await findIn(this.#primary, [bytes]);
    if (record === undefined || !from.includes(record.state)) return false;
    await run(
      this.#primary,
      `UPDATE sqlcrypter_keys SET state = ?, retired = ? WHERE fingerprint = ? AND state IN ${placeholders(from.length)}`,
      [to, Date.now(), bytes, ...from],
    );
    return true;
  }

  /** As {@link KeyStore.insertPending}, in any state; without `replaces` an active key of the line is no hindrance. */
  async #store(key: NewKey, state: KeyState, replaces?: Buffer): Promise<boolean> {
    // Wraps first: a key that can be seen has its wraps, without a transaction over the two tables.
    for (const wrap of key.wraps) await this.addWrap(key.fingerprint, wrap);
    const stored = await this.#insertKey(key, state, replaces);
    // What no row names any more may be deleted.
    if (!stored) await run(this.#primary, 'DELETE FROM sqlcrypter_key_wraps WHERE fingerprint = ?', [key.fingerprint]);
    return stored;
  }

  async #insertKey(key: NewKey, state: KeyState, replaces?: Buffer): Promise<boolean> {
    const { dialect } = this.#primary;
    const { fingerprint, purpose, created, expires } = key;
    const scope = this.#scopeOf(key.scope);
    // PostgreSQL must be told what the parameters of a SELECT are.
    const types = ['bytea', 'text', 'text', 'text', 'bigint', 'bigint'];
    const values = types.map((type) => (dialect === 'postgres' ? `CAST(? AS ${type})` : '?')).join(', ');
    const active = replaces === undefined ? '' : " OR (k.state = 'active' AND k.fingerprint <> ?)";
    const unlessThereIs =
      `${dialect === 'mysql' ? 'FROM DUAL ' : ''}WHERE NOT EXISTS (SELECT 1 FROM sqlcrypter_keys k ` +
      `WHERE k.purpose = ? AND k.scope = ? AND (k.state = 'destroyed'${active}))`;
    const inserted = await tryRun(
      this.#primary,
      `INSERT INTO sqlcrypter_keys (fingerprint, purpose, scope, state, created, expires) SELECT ${values} ${unlessThereIs}`,
      [...[fingerprint, purpose, scope, state, created, expires], ...[purpose, scope, ...(replaces ? [replaces] : [])]],
    );
    return inserted && this.#isStored(key);
  }

  /** Whether a key is there. One that came into a scope while it was erased is destroyed as the others were. */
  async #isStored({ fingerprint, purpose, scope }: NewKey): Promise<boolean> {
    const own = 'SELECT 1 FROM sqlcrypter_keys WHERE fingerprint = ?';
    if ((await run(this.#primary, own, [fingerprint])).length === 0) return false;
    const line = await this.findLine(purpose, scope);
    if (line.every((key) => key.state !== 'destroyed' || key.purpose !== purpose)) return true;
    const destroy = "UPDATE sqlcrypter_keys SET state = 'destroyed', retired = ? WHERE fingerprint = ?";
    await run(this.#primary, destroy, [Date.now(), fingerprint]);
    return false;
  }

  async #fromReplica(fingerprints: readonly Buffer[]): Promise<Map<string, KeyRecord>> {
    if (this.#replica === undefined) return new Map();
    try {
      return byName(await findIn(this.#replica, fingerprints));
    } catch {
      // The primary is asked for all of them, and its failure is told.
      return new Map();
    }
  }

  /** MariaDB and MySQL keep scopes as bytes: their collations may take two texts for one. */
  #scopeOf(scope: string): string | Buffer {
    return this.#primary.dialect === 'mysql' ? Buffer.from(scope) : scope;
  }
}

const JOINS =
  'JOIN sqlcrypter_keys k ON k.fingerprint = wanted.fingerprint ' +
  'LEFT JOIN sqlcrypter_key_wraps w ON w.fingerprint = k.fingerprint';

function findIn(driver: Driver, fingerprints: readonly Buffer[]): Promise<KeyRecord[]> {
  return selectKeys(driver, `k.fingerprint IN ${placeholders(fingerprints.length)}`, fingerprints);
}

/** Keys that fulfil a condition, and the branch keys that their wraps name, in one statement. */
async function selectKeys(driver: Driver, where: string, parameters: readonly unknown[]): Promise<KeyRecord[]> {
  const branches =
    'SELECT w.branch FROM sqlcrypter_keys k JOIN sqlcrypter_key_wraps w ON w.fingerprint = k.fingerprint ' +
    `WHERE w.branch IS NOT NULL AND ${where}`;
  const wanted = `SELECT k.fingerprint AS fingerprint FROM sqlcrypter_keys k WHERE ${where} UNION ${branches}`;
  const order = 'ORDER BY k.purpose DESC, k.created DESC, k.fingerprint, w.provider, w.kek';
  const rows = await run(driver, `SELECT ${COLUMNS} FROM (${wanted}) wanted ${JOINS} ${order}`, [
    ...parameters,
    ...parameters,
  ]);
  return recordsOf(rows);
}

/** Whether a replica has all of a key: its row, a wrap, and the branch keys that its wraps name. */
function isComplete(fingerprint: Buffer, known: ReadonlyMap<string, KeyRecord>): boolean {
  const record = known.get(fingerprint.toString('hex'));
  if (record === undefined) return false;
  if (record.state === 'destroyed') return true;
  return (
    record.wraps.length > 0 && record.wraps.every(({ provider, keyId }) => provider !== BRANCH || known.has(keyId))
  );
}

function byName(records: readonly KeyRecord[]): Map<string, KeyRecord> {
  return new Map(records.map((record) => [record.fingerprint.toString('hex'), record]));
}

function* chunksOf<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < all.length; start += CHUNK) yield all.slice(start, start + CHUNK);
}

function checkLimit(limit: number): number {
  if (Number.isSafeInteger(limit) && limit >= 1) return limit;
  throw new SqlcrypterError('CONFIG', `list was given a limit of ${limit}. Expected a whole number, at least 1.`);
}

function checkNewKey({ fingerprint, scope, wraps }: NewKey): void {
  if (scope !== '') checkScope(scope);
  if (fingerprint.length === 16 && wraps.length > 0) return;
  throw new SqlcrypterError('CONFIG', 'A key to store has a fingerprint of 16 bytes and at least one wrap.');
}
