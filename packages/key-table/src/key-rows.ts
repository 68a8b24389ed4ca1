/// <reference types="node" preserve="true" />
import { types } from 'node:util';
import { SqlcrypterError } from '@sqlcrypter/core';
import type { KeyPurpose, KeyRecord, KeyState, KeyWrap } from '@sqlcrypter/core/provider';
import type { Row } from './database.js';

/** The columns of every SELECT: a row for each wrap of a key, and one for a key without wraps. */
export const COLUMNS: string = [
  'k.fingerprint AS fingerprint, k.purpose AS purpose, k.scope AS scope, k.state AS state',
  'k.created AS created, k.activated AS activated, k.expires AS expires, k.retired AS retired',
  'w.provider AS provider, w.kek AS kek, w.wrapped AS wrapped',
].join(', ');

/** Puts the rows of each key together, in their order. */
export function recordsOf(rows: readonly Row[]): KeyRecord[] {
  const records = new Map<string, KeyRecord & { readonly wraps: KeyWrap[] }>();
  for (const row of rows) {
    const fingerprint = bytesOf(row.fingerprint);
    const name = fingerprint.toString('latin1');
    let record = records.get(name);
    if (record === undefined) {
      record = {
        fingerprint,
        purpose: row.purpose as KeyPurpose,
        scope: typeof row.scope === 'string' ? row.scope : bytesOf(row.scope).toString('utf8'),
        state: row.state as KeyState,
        created: Number(row.created),
        activated: optionalNumber(row.activated),
        expires: Number(row.expires),
        retired: optionalNumber(row.retired),
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
  return [...records.values()];
}

/** Drivers give 64-bit integers as numbers, BigInts or text. */
function optionalNumber(value: unknown): number | undefined {
  return value === null ? undefined : Number(value);
}

/** Drivers give bytes as Buffer, Uint8Array or ArrayBuffer. */
function bytesOf(value: unknown): Buffer {
  // A copy: some drivers hand out views of memory that they use again.
  if (types.isUint8Array(value) || types.isArrayBuffer(value)) return Buffer.from(new Uint8Array(value));
  throw new SqlcrypterError(
    'CONFIG',
    'The driver hands out bytes of the key table as something else. Expected Buffer, Uint8Array or ArrayBuffer: ' +
      'give the key table a handle without type parsers or casts of your own for binary columns.',
  );
}
