/// <reference types="node" preserve="true" />
import { types } from 'node:util';
import type { EncryptionContext } from './crypterer.js';
import { isPlainObject } from './plain-object.js';
import { SqlcrypterError } from './sqlcrypter-error.js';

const NAME = /^[a-z][a-z0-9_.-]{0,63}$/;
const MAX_NAMES = 64;
/** The encoded context is authenticated data of a cipher, which takes at most 2^31 - 1 bytes; this is far below. */
const MAX_VALUE_BYTES = 2 ** 24;

const COUNT_LENGTH = 2;
const VALUE_LENGTH_LENGTH = 4;

const NO_CONTEXT = Buffer.from([0, 0]);

/** A frozen object with string values cannot change, so its encoding is kept as long as the object lives. */
const frozen = new WeakMap<EncryptionContext, Buffer>();

function invalid(what: string, expected: string): SqlcrypterError {
  return new SqlcrypterError('CONTEXT_INVALID', `The encryption context ${what}. Expected ${expected}.`);
}

/** The names of a context in order, and the bytes that stand before each value: the name with its length. */
interface NameLayout {
  /** As they were given. */
  readonly given: readonly string[];
  readonly names: readonly string[];
  readonly parts: readonly Buffer[];
  /** Of the count and of all parts, and of the values' lengths. */
  readonly length: number;
}

/** The values of a column have contexts of the same names, one after the other. */
let latest: NameLayout = { given: [], names: [], parts: [], length: COUNT_LENGTH };

function layOutNames(given: readonly string[]): NameLayout {
  if (given.length > MAX_NAMES) throw invalid(`has ${given.length} names`, `at most ${MAX_NAMES}`);
  const names = given.toSorted();
  const parts = names.map((name) => {
    // Names are not quoted: somebody may have put a value where a name belongs.
    if (!NAME.test(name)) throw invalid('has a name that is not allowed', 'names matching [a-z][a-z0-9_.-]{0,63}');
    const part = Buffer.alloc(2 + name.length);
    part.writeUInt16BE(name.length);
    part.write(name, 2, 'latin1');
    return part;
  });
  const length = parts.reduce((sum, part) => sum + part.length + VALUE_LENGTH_LENGTH, COUNT_LENGTH);
  return { given, names, parts, length };
}

function isLayoutOf({ given }: NameLayout, names: readonly string[]): boolean {
  if (given.length !== names.length) return false;
  for (let i = 0; i < names.length; i++) if (given[i] !== names[i]) return false;
  return true;
}

/** Errors: `CONTEXT_INVALID`. */
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
  if (bytes.length <= MAX_VALUE_BYTES) return bytes;
  throw invalid(`has ${bytes.length} bytes in "${name}"`, `at most ${MAX_VALUE_BYTES} bytes per value`);
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
  const given = Object.keys(context);
  if (given.length === 0) return NO_CONTEXT;
  if (!isLayoutOf(latest, given)) latest = layOutNames(given);
  const { names, parts } = latest;
  const values: Uint8Array[] = [];
  let { length } = latest;
  for (let i = 0; i < names.length; i++) {
    // Read once: a getter may answer differently the next time.
    const bytes = encodeValue(names[i] as string, context[names[i] as string]);
    values.push(bytes);
    length += bytes.length;
  }
  const encoded = Buffer.alloc(length);
  let offset = encoded.writeUInt16BE(names.length);
  for (let i = 0; i < names.length; i++) {
    const [part, value] = [parts[i] as Buffer, values[i] as Uint8Array];
    encoded.set(part, offset);
    offset = encoded.writeUInt32BE(value.length, offset + part.length);
    encoded.set(value, offset);
    offset += value.length;
  }
  if (isImmutable(context, names)) frozen.set(context, encoded);
  return encoded;
}

/** Whether a context can never be another: frozen, and with strings only, none of which a getter gives. */
function isImmutable(context: EncryptionContext, names: readonly string[]): boolean {
  if (!Object.isFrozen(context)) return false;
  return names.every((name) => typeof Object.getOwnPropertyDescriptor(context, name)?.value === 'string');
}
