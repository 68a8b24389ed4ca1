/// <reference types="node" preserve="true" />
import { types } from 'node:util';
import type { EncryptionContext } from './crypterer.js';
import { isPlainObject } from './plain-object.js';
import { SqlcrypterError } from './sqlcrypter-error.js';

const NAME = /^[a-z][a-z0-9_.-]{0,63}$/;
const MAX_NAMES = 64;
/** The encoded context is authenticated data of a cipher, which takes at most 2^31 - 1 bytes; this is far below. */
const MAX_VALUE_BYTES = 2 ** 24;

const NO_CONTEXT = Buffer.from([0, 0]);

/** A frozen object with string values cannot change, so its encoding is kept as long as the object lives. */
const frozen = new WeakMap<EncryptionContext, Buffer>();

function invalid(what: string, expected: string): SqlcrypterError {
  return new SqlcrypterError('CONTEXT_INVALID', `The encryption context ${what}. Expected ${expected}.`);
}

function encodeValue(name: string, value: unknown): Uint8Array {
  let bytes: Uint8Array;
  if (typeof value === 'string') {
    // Different lone surrogates would all become U+FFFD, and so the same bytes.
    if (!value.isWellFormed()) throw invalid(`has a lone surrogate in "${name}"`, 'a well-formed string or bytes');
    bytes = Buffer.from(value, 'utf8');
  } else if (types.isUint8Array(value)) {
    bytes = value;
  } else {
    const type = value === null ? 'null' : typeof value;
    throw invalid(`has a value of type ${type} in "${name}"`, 'a string or a Uint8Array');
  }
  if (bytes.length > MAX_VALUE_BYTES) {
    throw invalid(`has ${bytes.length} bytes in "${name}"`, `at most ${MAX_VALUE_BYTES} bytes per value`);
  }
  return bytes;
}

/**
 * The canonical bytes of a context: number of names, then each name and value with its length, sorted by name. Equal
 * contexts, and only those, give equal bytes. Do not change the result: it may be shared.
 *
 * Errors: `CONTEXT_INVALID`.
 */
export function encodeContext(context: EncryptionContext | undefined): Buffer {
  if (context === undefined) return NO_CONTEXT;
  const known = frozen.get(context);
  if (known !== undefined) return known;
  // Names that are not its own enumerable properties would bind to nothing, without a word.
  if (!isPlainObject(context) || Object.getOwnPropertySymbols(context).length > 0) {
    throw invalid('is not a plain object', "an object such as { c: 'employee.ssn' } (is an await missing?)");
  }
  const names = Object.keys(context).sort();
  if (names.length === 0) return NO_CONTEXT;
  if (names.length > MAX_NAMES) throw invalid(`has ${names.length} names`, `at most ${MAX_NAMES}`);

  const parts: Uint8Array[] = [];
  const count = Buffer.alloc(2);
  count.writeUInt16BE(names.length);
  parts.push(count);
  let immutable = Object.isFrozen(context);
  for (const name of names) {
    // Names are not quoted: somebody may have put a value where a name belongs.
    if (!NAME.test(name)) throw invalid('has a name that is not allowed', 'names matching [a-z][a-z0-9_.-]{0,63}');
    const value = context[name];
    const bytes = encodeValue(name, value);
    const lengths = Buffer.alloc(2 + name.length + 4);
    lengths.writeUInt16BE(name.length, 0);
    lengths.write(name, 2, 'latin1');
    lengths.writeUInt32BE(bytes.length, 2 + name.length);
    parts.push(lengths, bytes);
    // A getter on a frozen object may still answer differently each time.
    if (typeof value !== 'string' || !('value' in (Object.getOwnPropertyDescriptor(context, name) ?? {}))) {
      immutable = false;
    }
  }
  const encoded = Buffer.concat(parts);
  if (immutable) frozen.set(context, encoded);
  return encoded;
}
