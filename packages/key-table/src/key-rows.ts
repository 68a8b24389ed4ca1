/// <reference types="node" preserve="true" />
import { types } from 'node:util';
import { SqlcrypterError } from '@sqlcrypter/core';
import type { KeyPurpose, KeyRecord, KeyState, KeyStatus, KeyWrap } from '@sqlcrypter/core/provider';
import type { Row } from './database.js';
import { MOST_WRAPS } from './key-checks.js';

/** Puts the rows of each key together, in their order: one for each wrap, and one for a key without wraps. */
export function recordsOf(rows: readonly Row[]): KeyRecord[] {
  const records = new Map<string, KeyRecord & { readonly wraps: KeyWrap[] }>();
  for (const row of rows) {
    const name = bytesOf(row.fingerprint).toString('latin1');
    let record = records.get(name);
    if (record === undefined) {
      const { activated, retired } = row;
      record = {
        ...statusOf(row),
        activated: optionalNumber(activated),
        retired: optionalNumber(retired),
        wraps: [],
      };
      records.set(name, record);
    }
    if (row.wrapped !== null) {
      record.wraps.push({
        provider: Number(row.provider),
        keyId: String(row.kek),
        wrapped: bytesOf(row.wrapped),
      });
    }
  }
  for (const { wraps } of records.values()) wraps.splice(0, wraps.length, ...wraps.sort(byKeyId).slice(0, MOST_WRAPS));
  return [...records.values()];
}

function byKeyId(one: KeyWrap, other: KeyWrap): number {
  return one.provider - other.provider || (one.keyId < other.keyId ? -1 : 1);
}

/** Data keys first, then branch keys, each from the newest on. A key that was found twice stands there once. */
export function inOrder(records: readonly KeyRecord[]): KeyRecord[] {
  const distinct = new Map(records.map((record) => [record.fingerprint.toString('latin1'), record]));
  return [...distinct.values()].sort(
    (one, other) =>
      Number(one.purpose === 'branch') - Number(other.purpose === 'branch') ||
      other.created - one.created ||
      one.fingerprint.compare(other.fingerprint),
  );
}

/** A key's facts and state. */
export function statusOf({ fingerprint, purpose, scope, state, created, expires }: Row): KeyStatus {
  return {
    fingerprint: bytesOf(fingerprint),
    purpose: purpose as KeyPurpose,
    scope: typeof scope === 'string' ? scope : bytesOf(scope).toString('utf8'),
    state: state as KeyState,
    created: Number(created),
    expires: Number(expires),
  };
}

/** Drivers give 64-bit integers as numbers, BigInts or text. */
function optionalNumber(value: unknown): number | undefined {
  return value === null ? undefined : Number(value);
}

/** Drivers give bytes as Buffer, Uint8Array or ArrayBuffer. */
export function bytesOf(value: unknown): Buffer {
  // A copy: some drivers hand out views of memory that they use again.
  if (types.isUint8Array(value) || types.isArrayBuffer(value)) return Buffer.from(new Uint8Array(value));
  throw new SqlcrypterError(
    'CONFIG',
    'The driver hands out bytes of the key table as something else. Expected Buffer, Uint8Array or ArrayBuffer: ' +
      'give the key table a handle without type parsers or casts of your own for binary columns.',
  );
}
