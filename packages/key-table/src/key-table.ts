/// <reference types="node" preserve="true" />
import { SqlcrypterError } from '@sqlcrypter/core';
import {
  haveSameFacts,
  type KeyPurpose,
  type KeyRecord,
  type KeyState,
  type KeyStatus,
  type KeyStore,
  type KeyWrap,
  type NewKey,
} from '@sqlcrypter/core/provider';
import { type Driver, placeholders, run, tryRun } from './database.js';
import { eraseScope } from './erase-scope.js';
import { BRANCH_PROVIDER } from './key-checks.js';
import { readKeyExport, writeKeyExport } from './key-export.js';
import { selectKeys, selectLine, selectPage, selectPending, selectStatus } from './select-keys.js';
import { addWraps, storeKey, storeWrap } from './store-key.js';

const PAGE = 500;
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
  readonly hasReplica: boolean;
  readonly #primary: Driver;
  readonly #replica: Driver | undefined;

  constructor(primary: Driver, replica: Driver | undefined) {
    this.hasReplica = replica !== undefined;
    this.#primary = primary;
    this.#replica = replica;
  }

  async find(fingerprints: readonly Buffer[], fromPrimary = false): Promise<KeyRecord[]> {
    if (this.#replica === undefined || fromPrimary) return selectKeys(this.#primary, fingerprints);
    const replicated = await this.#fromReplica(this.#replica, fingerprints);
    const known = new Map(replicated.map((record) => [record.fingerprint.toString('hex'), record]));
    const missing = fingerprints.filter((fingerprint) => !isUsable(fingerprint, known));
    if (missing.length === 0) return replicated;
    // Later ones stand: what the primary says.
    for (const record of await selectKeys(this.#primary, missing))
      known.set(record.fingerprint.toString('hex'), record);
    return [...known.values()];
  }

  findLine(purpose: KeyPurpose, scope: string): Promise<KeyRecord[]> {
    return selectLine(this.#primary, purpose, scope);
  }

  async findPending(purpose: KeyPurpose, scopes: readonly string[]): Promise<KeyRecord[]> {
    const ask = (driver: Driver) => selectPending(driver, purpose, scopes);
    return this.#replica === undefined ? ask(this.#primary) : ask(this.#replica).catch(() => ask(this.#primary));
  }

  findStatus(fingerprints: readonly Buffer[]): Promise<KeyStatus[]> {
    return selectStatus(this.#primary, fingerprints);
  }

  insertPending(key: NewKey, replaces: Buffer = NOBODY): Promise<boolean> {
    return storeKey(this.#primary, key, 'pending', replaces);
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
    return selectPage(this.#primary, purpose, after ?? NOBODY, checkLimit(limit));
  }

  addWrap(fingerprint: Buffer, wrap: KeyWrap): Promise<void> {
    return storeWrap(this.#primary, fingerprint, wrap);
  }

  async removeWrap(fingerprint: Buffer, provider: number, keyId: string): Promise<void> {
    await run(this.#primary, 'DELETE FROM sqlcrypter_key_wraps WHERE fingerprint = ? AND provider = ? AND kek = ?', [
      fingerprint,
      provider,
      keyId,
    ]);
  }

  async eraseScope(scope: string): Promise<number> {
    return eraseScope(this.#primary, scope);
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
      const { fingerprint, state, wraps } = key;
      const found = await selectKeys(this.#primary, [fingerprint]);
      const known = found.find((record) => record.fingerprint.equals(fingerprint));
      if (known === undefined) {
        // For reading only: which key a line writes with is decided by the table that is in use.
        if (await storeKey(this.#primary, key, state === 'disabled' ? 'disabled' : 'decrypt-only')) added += 1;
      } else if (known.state !== 'destroyed' && haveSameFacts(known, key)) {
        const has = ({ provider, keyId }: KeyWrap) =>
          known.wraps.some((wrap) => wrap.provider === provider && wrap.keyId === keyId);
        await addWraps(
          this.#primary,
          fingerprint,
          wraps.filter((wrap) => !has(wrap)),
        );
      }
    }
    return { added, present: keys.length - added };
  }

  async #changeState(fingerprint: Uint8Array, from: readonly KeyState[], to: KeyState): Promise<boolean> {
    const bytes = Buffer.from(fingerprint);
    const [status] = await selectStatus(this.#primary, [bytes]);
    if (status === undefined || !from.includes(status.state)) return false;
    await run(
      this.#primary,
      `UPDATE sqlcrypter_keys SET state = ?, retired = ? WHERE fingerprint = ? AND state IN ${placeholders(from.length)}`,
      [to, Date.now(), bytes, ...from],
    );
    return true;
  }

  async #fromReplica(replica: Driver, fingerprints: readonly Buffer[]): Promise<KeyRecord[]> {
    try {
      return await selectKeys(replica, fingerprints);
    } catch {
      // The primary is asked for all of them, and its failure is told.
      return [];
    }
  }
}

/** Whether a replica has all of a key that is in use: its row, a wrap, and the branch keys that its wraps name. */
function isUsable(fingerprint: Buffer, known: ReadonlyMap<string, KeyRecord>): boolean {
  const record = known.get(fingerprint.toString('hex'));
  // A key that is revoked here may have been enabled since.
  if (record === undefined || isRevoked(record) || record.wraps.length === 0) return false;
  const branches = record.wraps.filter(({ provider }) => provider === BRANCH_PROVIDER);
  return branches.every(({ keyId }) => {
    const branch = known.get(keyId);
    return branch !== undefined && !isRevoked(branch);
  });
}

function isRevoked({ state }: KeyRecord): boolean {
  return state === 'disabled' || state === 'destroyed';
}

function checkLimit(limit: number): number {
  if (Number.isSafeInteger(limit) && limit >= 1) return limit;
  throw new SqlcrypterError('CONFIG', `list was given a limit of ${limit}. Expected a whole number, at least 1.`);
}
