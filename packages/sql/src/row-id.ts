/// <reference types="node" preserve="true" />
import { SqlcrypterError } from '@sqlcrypter/core';
import { genuineBytes } from '@sqlcrypter/core/provider';
import { kindOf } from './argument-check.js';

/**
 * One part of a key: text, a safe integer, a BigInt, or the 16 bytes of a UUID. 42, 42n and '42' are the same, and so are
 * a UUID's bytes and its text of 36 characters: drivers give any of them.
 */
export type KeyPart = string | number | bigint | Uint8Array;

/** What names a row or a tenant: one part, or the two or more parts of a composite key in a fixed order. */
export type RowId = KeyPart | readonly KeyPart[];

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const UUID_LENGTH = 16;
/** Never occurs in UTF-8, so a composite key never equals a text. */
const COMPOSITE = 0xff;

/**
 * The context's value for an id; part of the data's format. Integers in decimal, UUIDs as text in lower case, other text
 * as it is. A composite key is the byte FF, then for each part its length (u32, big-endian) and its text in UTF-8.
 *
 * Errors: `INVALID_ARGUMENT`, with the name of the option and without the id.
 */
export function encodeRowId(id: unknown, option: 'row' | 'tenant'): string | Uint8Array {
  if (!Array.isArray(id)) return encodePart(id, option);
  if (id.length < 2) throw invalid(option, `a list of ${id.length} parts`);
  const parts = [Buffer.of(COMPOSITE)];
  for (const part of id) {
    const text = Buffer.from(encodePart(part, option), 'utf8');
    const length = Buffer.alloc(4);
    length.writeUInt32BE(text.length);
    parts.push(length, text);
  }
  return Buffer.concat(parts);
}

function encodePart(part: unknown, option: string): string {
  if (typeof part === 'bigint') return part.toString();
  if (typeof part === 'number') {
    if (Number.isSafeInteger(part)) return part.toString();
    throw invalid(option, 'a number that is not a safe integer');
  }
  const bytes = genuineBytes(part);
  if (bytes !== undefined) return uuidText(bytes, option);
  if (typeof part !== 'string') throw invalid(option, kindOf(part));
  if (part === '') throw invalid(option, 'an empty string');
  if (!part.isWellFormed()) throw invalid(option, 'text with a lone surrogate');
  return part.length === 36 && UUID.test(part) ? part.toLowerCase() : part;
}

/** A UUID's bytes in the order of its text, as `binary(16)` holds them. */
function uuidText(bytes: Buffer, option: string): string {
  if (bytes.length !== UUID_LENGTH) throw invalid(option, `${bytes.length} bytes`);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function invalid(option: string, got: string): SqlcrypterError {
  return new SqlcrypterError(
    'INVALID_ARGUMENT',
    `\`${option}\` is or holds ${got}. Expected text that is not empty, a safe integer, a BigInt, the 16 bytes of a UUID, ` +
      'or the two or more parts of a composite key. When encrypting, the id must be known before: let the application make it. When ' +
      'decrypting, select it together with the value.',
  );
}
