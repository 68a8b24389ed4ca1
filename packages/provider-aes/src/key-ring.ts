import { KeyObject } from 'node:crypto';
import { types } from 'node:util';
import { SqlcrypterError } from '@sqlcrypter/core';
import { DataKey, DerivedKeyCache } from '@sqlcrypter/core/provider';
import { type AesKeyMaterial, withKeyBytes } from './key-material.js';

/**
 * A local key: its material, or material with an id of your choice (an integer from 0 to 2^32 - 1). Without an id the
 * key's own fingerprint gives one, which is right unless two keys happen to share it.
 */
export type AesKey = AesKeyMaterial | { readonly id: number; readonly key: AesKeyMaterial };

interface KnownKey {
  readonly id: number;
  readonly dataKey: DataKey;
}

/** The keys of one crypterer by id: one to write with, all to read with. */
export class KeyRing {
  readonly current: KnownKey;
  readonly #byId = new Map<number, DataKey>();
  readonly #derivedKeys = new DerivedKeyCache();

  constructor(current: AesKey, decryptKeys: readonly AesKey[]) {
    this.current = this.#add(current, 'key');
    for (const [index, key] of decryptKeys.entries()) this.#add(key, `decryptKeys[${index}]`);
  }

  /** The key with that id. Errors: `KEY_NOT_FOUND`. */
  byId(id: number): DataKey {
    const dataKey = this.#byId.get(id);
    if (dataKey !== undefined) return dataKey;
    const keyRef = id.toString(16).padStart(8, '0');
    throw new SqlcrypterError(
      'KEY_NOT_FOUND',
      `The value was encrypted under the local key ${keyRef}, which is not among this crypterer's keys. ` +
        'Add that key to decryptKeys.',
      { keyRef },
    );
  }

  /** Every key, the current one first. */
  all(): Iterable<DataKey> {
    return this.#byId.values();
  }

  /** Every key by its id and the fingerprint that commits to it, the current one first. */
  get configuration(): string {
    const names = [...this.#byId].map(([id, { fingerprint }]) => `${id}:${fingerprint.toString('hex')}`);
    return names.join(' ');
  }

  clear(): void {
    this.#byId.clear();
    this.#derivedKeys.clear();
  }

  #add(key: AesKey, option: string): KnownKey {
    const named = isNamed(key);
    const dataKey = withKeyBytes(
      named ? key.key : key,
      named ? `${option}.key` : option,
      (bytes) => new DataKey(bytes, this.#derivedKeys),
    );
    const id = named ? key.id : dataKey.defaultId;
    if (!Number.isInteger(id) || id < 0 || id > 0xffff_ffff) {
      throw new SqlcrypterError('CONFIG', `${option}.id is not a key id. Expected an integer from 0 to 4294967295.`);
    }
    const known = this.#byId.get(id);
    if (known === undefined) this.#byId.set(id, dataKey);
    // A value names its key by id alone, so one id must not mean two keys. The same key again changes nothing.
    else if (!known.hasFingerprint(dataKey.fingerprint)) {
      throw new SqlcrypterError(
        'CONFIG',
        `${option} is another key with the id of a key given before it. Expected one key for each id; ` +
          'give one of the two an id of its own: { id, key }.',
      );
    }
    return { id, dataKey: known ?? dataKey };
  }
}

function isNamed(key: AesKey): key is { readonly id: number; readonly key: AesKeyMaterial } {
  return typeof key === 'object' && key !== null && !types.isUint8Array(key) && !(key instanceof KeyObject);
}
