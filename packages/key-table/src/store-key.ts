/// <reference types="node" preserve="true" />
import type { KeyState, KeyWrap, NewKey } from '@sqlcrypter/core/provider';
import { type Driver, run, tryRun } from './database.js';
import { BRANCH_PROVIDER, checkNewKey, checkWrap } from './key-checks.js';
import { scopeIn, selectLine, selectStatus } from './select-keys.js';

/**
 * Stores a key and its wraps. False if another process was faster, or if a key of its line was destroyed: then nothing
 * is stored.
 *
 * @param replaces the active key that may be in the line; without it any may be.
 */
export async function storeKey(driver: Driver, key: NewKey, state: KeyState, replaces?: Buffer): Promise<boolean> {
  checkNewKey(key);
  // Wraps first: a key that can be seen has its wraps, without a transaction over the two tables.
  for (const wrap of key.wraps) await storeWrap(driver, key.fingerprint, wrap);
  const stored = (await insertKey(driver, key, state, replaces)) && (await isKept(driver, key));
  if (!stored) await deleteUnusedWraps(driver, key.fingerprint);
  return stored;
}

/** Stores a wrap in place of one by the same provider and key id. */
export async function storeWrap(driver: Driver, fingerprint: Buffer, wrap: KeyWrap): Promise<void> {
  checkWrap(fingerprint, wrap);
  const { provider, keyId, wrapped } = wrap;
  const branch = provider === BRANCH_PROVIDER ? Buffer.from(keyId, 'hex') : null;
  const replace =
    driver.dialect === 'mysql'
      ? 'ON DUPLICATE KEY UPDATE wrapped = VALUES(wrapped)'
      : 'ON CONFLICT (fingerprint, provider, kek) DO UPDATE SET wrapped = excluded.wrapped';
  await run(
    driver,
    `INSERT INTO sqlcrypter_key_wraps (fingerprint, provider, kek, branch, wrapped) VALUES (?, ?, ?, ?, ?) ${replace}`,
    [fingerprint, provider, keyId, branch, wrapped],
  );
}

/**
 * Adds wraps to a key that is in the table. One that was destroyed meanwhile loses them again: whoever destroyed it may
 * have looked for its wraps before.
 */
export async function addWraps(driver: Driver, fingerprint: Buffer, wraps: readonly KeyWrap[]): Promise<void> {
  for (const wrap of wraps) await storeWrap(driver, fingerprint, wrap);
  await deleteUnusedWraps(driver, fingerprint);
}

/** Deletes the wraps of a key that has no row, or is destroyed. */
async function deleteUnusedWraps(driver: Driver, fingerprint: Buffer): Promise<void> {
  const [status] = await selectStatus(driver, [fingerprint]);
  if (status !== undefined && status.state !== 'destroyed') return;
  await run(driver, 'DELETE FROM sqlcrypter_key_wraps WHERE fingerprint = ?', [fingerprint]);
}

async function insertKey(driver: Driver, key: NewKey, state: KeyState, replaces?: Buffer): Promise<boolean> {
  const { dialect } = driver;
  const { fingerprint, purpose, created, expires } = key;
  const scope = scopeIn(driver, key.scope);
  // PostgreSQL must be told what the parameters of a SELECT are.
  const types = ['bytea', 'text', 'text', 'text', 'bigint', 'bigint'];
  const values = types.map((type) => (dialect === 'postgres' ? `CAST(? AS ${type})` : '?')).join(', ');
  const active = replaces === undefined ? '' : " OR (k.state = 'active' AND k.fingerprint <> ?)";
  const unlessThereIs =
    `${dialect === 'mysql' ? 'FROM DUAL ' : ''}WHERE NOT EXISTS (SELECT 1 FROM sqlcrypter_keys k ` +
    `WHERE k.purpose = ? AND k.scope = ? AND (k.state = 'destroyed'${active}))`;
  const inserted = await tryRun(
    driver,
    `INSERT INTO sqlcrypter_keys (fingerprint, purpose, scope, state, created, expires) SELECT ${values} ${unlessThereIs}`,
    [...[fingerprint, purpose, scope, state, created, expires], ...[purpose, scope, ...(replaces ? [replaces] : [])]],
  );
  return inserted && (await selectStatus(driver, [fingerprint])).length > 0;
}

/** Whether a key stays. One that came into a scope while it was erased is destroyed as the others were. */
async function isKept(driver: Driver, { fingerprint, purpose, scope }: NewKey): Promise<boolean> {
  const line = await selectLine(driver, purpose, scope);
  if (line.every((key) => key.state !== 'destroyed' || key.purpose !== purpose)) return true;
  const destroy = "UPDATE sqlcrypter_keys SET state = 'destroyed', retired = ? WHERE fingerprint = ?";
  await run(driver, destroy, [Date.now(), fingerprint]);
  return false;
}
