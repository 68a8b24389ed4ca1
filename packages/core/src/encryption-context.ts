/// <reference types="node" preserve="true" />
import { isUtf8 } from 'node:buffer';
import type { EncryptionContext } from './crypterer.js';
import { genuineBytes } from './genuine-bytes.js';
import { isPlainObject } from './plain-object.js';
import { SqlcrypterError, unreadable } from './sqlcrypter-error.js';

const NAME = /^[a-z][a-z0-9_.-]{0,63}$/;
/** Names that begin like this are the library's own: a value is never taken for a wrapped key. */
const RESERVED = 'sqlcrypter.';
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
  /** Whether one of the names is the library's own. */
  readonly isReserved: boolean;
}

/**
 * The latest context: those of a column have the same names, one after the other, and often the same values. It is known
 * by its content. An object that was the same before may hold something else by now.
 */
let latest: NameLayout = { given: [], names: [], parts: [], length: COUNT_LENGTH, isReserved: false };
let latestTexts: readonly string[] = [];
let latestEncoding: Buffer | undefined;
/** Of the objects that cannot change the one that was met last, which is found faster than in a WeakMap. */
let latestFrozen: EncryptionContext | undefined;
let latestFrozenEncoding: Buffer = NO_CONTEXT;
/** What is longer is not kept. */
const MAX_KEPT_LENGTH = 4096;

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
  return { given, names, parts, length, isReserved: names.some((name) => name.startsWith(RESERVED)) };
}

function isLayoutOf({ given }: NameLayout, names: readonly string[]): boolean {
  if (given.length !== names.length) return false;
  for (let i = 0; i < names.length; i++) if (given[i] !== names[i]) return false;
  return true;
}

/** Text, or a copy of bytes. Errors: `CONTEXT_INVALID`. */
function takeValue(name: string, value: unknown): string | Buffer {
  if (typeof value === 'string') return value;
  const bytes = genuineBytes(value);
  if (bytes !== undefined) {
    checkLength(name, bytes.length);
    return Buffer.from(bytes);
  }
  const type = value === null ? 'null' : typeof value;
  throw invalid(`has a value of type ${type} in "${name}"`, 'a string or a Uint8Array');
}

function encodeText(name: string, text: string): Buffer {
  // Different lone surrogates would all become U+FFFD, and so the same bytes.
  if (!text.isWellFormed()) throw invalid(`has a lone surrogate in "${name}"`, 'a well-formed string or bytes');
  const bytes = Buffer.from(text, 'utf8');
  checkLength(name, bytes.length);
  return bytes;
}

function checkLength(name: string, length: number): void {
  if (length <= MAX_VALUE_BYTES) return;
  throw invalid(`has ${length} bytes in "${name}"`, `at most ${MAX_VALUE_BYTES} bytes per value`);
}

/**
 * The canonical bytes of a context: number of names, then each name and value with its length, sorted by name. Equal
 * contexts, and only those, give equal bytes. Do not change the result: it may be shared. Names that begin with
 * `sqlcrypter.` are refused: they belong to {@link encodeOwnContext}.
 *
 * Errors: `CONTEXT_INVALID`.
 */
export function encodeContext(context: EncryptionContext | undefined): Buffer {
  return encode(context, false);
}

/** As {@link encodeContext}, for what providers themselves encrypt, such as wrapped keys: any name is allowed. */
export function encodeOwnContext(context: EncryptionContext): Buffer {
  return encode(context, true);
}

function encode(context: EncryptionContext | undefined, isOwn: boolean): Buffer {
  if (context === undefined) return NO_CONTEXT;
  if (context === latestFrozen) return latestFrozenEncoding;
  const known = frozen.get(context);
  if (known !== undefined) {
    latestFrozen = context;
    latestFrozenEncoding = known;
    return known;
  }
  try {
    return encodeNew(context, isOwn);
  } catch (error) {
    throw unreadable(error, 'The encryption context', 'CONTEXT_INVALID');
  }
}

function encodeNew(context: EncryptionContext, isOwn: boolean): Buffer {
  // Names that are not its own enumerable properties would bind to nothing, without a word.
  if (!isPlainObject(context) || Object.getOwnPropertySymbols(context).length > 0) {
    throw invalid('is not a plain object', "an object such as { c: 'employee.ssn' } (is an await missing?)");
  }
  const given = Object.keys(context);
  if (given.length === 0) return NO_CONTEXT;
  const isLatest = isLayoutOf(latest, given);
  const layout = isLatest ? latest : layOutNames(given);
  const { names } = layout;
  if (layout.isReserved && !isOwn) {
    throw invalid(`has a name that begins with ${RESERVED}`, "other names: those are the library's own");
  }
  const encoding = isLatest ? latestEncoding : undefined;
  const texts = latestTexts;
  let isSame = encoding !== undefined;
  const values: (string | Buffer)[] = [];
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    // Read once: a getter may answer differently the next time.
    const value = takeValue(name, context[name]);
    if (isSame && value !== texts[i]) isSame = false;
    values.push(value);
  }
  if (isSame && encoding !== undefined) return encoding;
  const encoded = write(layout, values);
  if (!layout.isReserved && isImmutable(context, names)) frozen.set(context, encoded);
  const isKept = encoded.length <= MAX_KEPT_LENGTH && values.every((value) => typeof value === 'string');
  latest = layout;
  latestTexts = isKept ? (values as string[]) : [];
  latestEncoding = isKept ? encoded : undefined;
  return encoded;
}

function write({ names, parts, length }: NameLayout, values: readonly (string | Buffer)[]): Buffer {
  const encodedValues = values.map((value, i) =>
    typeof value === 'string' ? encodeText(names[i] as string, value) : value,
  );
  const encoded = Buffer.alloc(encodedValues.reduce((sum, value) => sum + value.length, length));
  let offset = encoded.writeUInt16BE(names.length);
  for (let i = 0; i < names.length; i++) {
    const [part, value] = [parts[i] as Buffer, encodedValues[i] as Buffer];
    encoded.set(part, offset);
    offset = encoded.writeUInt32BE(value.length, offset + part.length);
    encoded.set(value, offset);
    offset += value.length;
  }
  return encoded;
}

/** A frozen context that {@link encodeContext} gives these bytes for; they are such. */
export function decodeContext(encoded: Buffer): EncryptionContext | undefined {
  let offset = COUNT_LENGTH;
  const take = (length: number): Buffer => {
    offset += length;
    return encoded.subarray(offset - length, offset);
  };
  const context: Record<string, string | Buffer> = {};
  while (offset < encoded.length) {
    const name = take(take(2).readUInt16BE()).toString('latin1');
    const value = take(take(VALUE_LENGTH_LENGTH).readUInt32BE());
    context[name] = isUtf8(value) ? value.toString('utf8') : Buffer.from(value);
  }
  return offset === COUNT_LENGTH ? undefined : Object.freeze(context);
}

/** Whether a context can never be another: frozen, and with strings only, none of which a getter gives. */
function isImmutable(context: EncryptionContext, names: readonly string[]): boolean {
  if (!Object.isFrozen(context)) return false;
  return names.every((name) => typeof Object.getOwnPropertyDescriptor(context, name)?.value === 'string');
}
