/// <reference types="node" preserve="true" />
import { KeyObject } from 'node:crypto';
import { types } from 'node:util';
import { generateBytes, SqlcrypterError } from '@sqlcrypter/core';

const KEY_LENGTH = 32;

/** A 256-bit key: 32 raw bytes or a secret KeyObject of 32 bytes. Never a string: see {@link parseKey}. */
export type AesKeyMaterial = Uint8Array | KeyObject;

const ENCODINGS: Readonly<
  Record<string, { encoding: BufferEncoding; alphabet: RegExp; length: number; hint: string }>
> = {
  base64: { encoding: 'base64', alphabet: /^[A-Za-z0-9+/]*={0,2}$/, length: 44, hint: '44 base64 characters' },
  hex: { encoding: 'hex', alphabet: /^[0-9A-Fa-f]*$/, length: 64, hint: '64 hexadecimal digits' },
};

function config(message: string): SqlcrypterError {
  return new SqlcrypterError('CONFIG', message);
}

/**
 * Reads a key from configuration, e.g. an environment variable: `base64:` and 44 characters, or `hex:` and 64 digits.
 * Strict: no white space, no other alphabet, no other length; a missing variable is an error of its own.
 *
 * Errors: `CONFIG` with the reason, and never a part of the key.
 *
 * @returns 32 bytes in memory of their own.
 */
export function parseKey(text: string | undefined): Buffer {
  if (text === undefined || text === '') {
    throw config(
      "parseKey was given no text: is the environment variable set? Expected 'base64:…' or 'hex:…' with 32 bytes.",
    );
  }
  if (typeof text !== 'string') throw config(`parseKey was given a value of type ${typeof text}. Expected a string.`);
  const colon = text.indexOf(':');
  const name = text.slice(0, colon);
  const format = colon > 0 && Object.hasOwn(ENCODINGS, name) ? ENCODINGS[name] : undefined;
  if (format === undefined) {
    throw config("parseKey does not know the key's encoding. Expected the text to begin with 'base64:' or 'hex:'.");
  }
  const body = text.slice(colon + 1);
  if (/\s/.test(body)) {
    throw config('parseKey found white space in the key, perhaps the end of a line. Expected none: trim() the text.');
  }
  if (!format.alphabet.test(body)) {
    throw config(`parseKey found characters that do not belong to ${format.encoding}. Expected ${format.hint}.`);
  }
  if (body.length !== format.length) throw wrongLength(body.length, format.hint);
  // Into memory of its own at once: Buffer.from would leave the key in memory that all Buffers share.
  const key = Buffer.from(new ArrayBuffer(KEY_LENGTH));
  const length = key.write(body, format.encoding);
  // The last base64 character carries two bits that mean nothing: two texts must not be one key.
  const isCanonical = format.encoding === 'hex' || key.toString('base64') === body;
  if (length === KEY_LENGTH && isCanonical) return key;
  key.fill(0);
  if (length !== KEY_LENGTH) throw wrongLength(body.length, format.hint);
  throw config('parseKey found base64 that is not canonical. Encode the 32 bytes again.');
}

function wrongLength(length: number, expected: string): SqlcrypterError {
  return config(`parseKey found ${length} characters. Expected ${expected}, which are ${KEY_LENGTH} bytes.`);
}

/** A new random 256-bit key. Keep it where only the application can read it, e.g. `'base64:' + key.toString('base64')`. */
export function generateKey(): Buffer {
  return generateBytes(KEY_LENGTH);
}

/** Runs `use` with the raw bytes of a key in a copy that is zeroed afterwards. Errors: `CONFIG`. */
export function withKeyBytes<T>(material: AesKeyMaterial, option: string, use: (bytes: Uint8Array) => T): T {
  if (typeof material === 'string') {
    throw config(`${option} is a string. Expected 32 bytes or a KeyObject; parseKey() makes them of a string.`);
  }
  let bytes: Uint8Array;
  if (material instanceof KeyObject) {
    if (material.type !== 'secret') throw config(`${option} is a ${material.type} key. Expected a secret key.`);
    bytes = material.export();
  } else if (types.isUint8Array(material)) {
    bytes = Uint8Array.from(material);
  } else {
    throw config(
      `${option} is of type ${material === null ? 'null' : typeof material}. Expected 32 bytes or a KeyObject.`,
    );
  }
  try {
    if (bytes.length !== KEY_LENGTH) throw config(`${option} has ${bytes.length} bytes. Expected ${KEY_LENGTH}.`);
    return use(bytes);
  } finally {
    bytes.fill(0);
  }
}
