/// <reference types="node" preserve="true" />
import { isUtf8 } from 'node:buffer';
import { SqlcrypterError } from '@sqlcrypter/core';
import { plaintextBuffer } from './plaintext-buffer.js';

const PADDING_START = 0x80;

/**
 * UTF-8, padded to a multiple of `padTo` bytes where that is given: one byte 80 and as many bytes 00 as are needed.
 *
 * A padded text is never valid UTF-8, since 80 cannot begin a character; and what is valid UTF-8 never reads as a padded
 * text, since without a final 80 its last character is incomplete. So readers need not be told which they are given.
 *
 * Errors: `INVALID_ARGUMENT` for a lone surrogate: different ones would become one and the same character.
 */
export function encodeText(text: string, padTo?: number): Buffer {
  if (!text.isWellFormed()) {
    throw new SqlcrypterError(
      'INVALID_ARGUMENT',
      'The text has a lone surrogate, half of a character, which UTF-8 cannot hold. Expected well-formed text; ' +
        'toWellFormed() replaces such halves.',
    );
  }
  const length = Buffer.byteLength(text, 'utf8');
  const size = padTo === undefined ? length : (Math.floor(length / padTo) + 1) * padTo;
  // Memory of its own: plaintext in Node's pool would lie open to its neighbours.
  const bytes = Buffer.alloc(size);
  bytes.write(text, 'utf8');
  if (padTo !== undefined) bytes[length] = PADDING_START;
  return bytes;
}

/** The text of bytes that {@link encodeText} wrote, with or without padding. Errors: `INVALID_ARGUMENT`. */
export function decodeText(plaintext: Buffer): string {
  const bytes = plaintextBuffer(plaintext);
  const length = lengthWithoutPadding(bytes);
  if (length !== undefined && isUtf8(bytes.subarray(0, length))) return bytes.toString('utf8', 0, length);
  if (isUtf8(bytes)) return bytes.toString('utf8');
  throw new SqlcrypterError(
    'INVALID_ARGUMENT',
    'The decrypted value is not text in UTF-8: it was written as another type. Read it with the type it was written ' +
      'with, or as bytes.',
  );
}

/**
 * The text of bytes `start` to `end` of `memory`, where they are no more and no less than UTF-8; undefined where they are
 * or may be padded, or are no text: {@link decodeText} on the bytes alone tells.
 */
export function decodePlainText(memory: Buffer, start: number, end: number): string | undefined {
  let last = end - 1;
  while (last >= start && memory[last] === 0) last--;
  if (memory[last] === PADDING_START) return undefined;
  for (let i = start; i < end; i++) {
    if ((memory[i] as number) < 0x80) continue;
    return isUtf8(memory.subarray(start, end)) ? memory.toString('utf8', start, end) : undefined;
  }
  return memory.toString('latin1', start, end);
}

function lengthWithoutPadding(bytes: Buffer): number | undefined {
  let last = bytes.length - 1;
  while (last >= 0 && bytes[last] === 0) last--;
  return bytes[last] === PADDING_START ? last : undefined;
}
