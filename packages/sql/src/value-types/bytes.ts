/// <reference types="node" preserve="true" />
import { genuineBytes } from '@sqlcrypter/core/provider';
import { attempt } from '../located-error.js';
import { plaintextBuffer } from '../plaintext-buffer.js';
import { checkSize, type SizeOptions, takeTypeOptions, type ValueType, wrongValue } from './value-type.js';

/** Bytes as they are; read as a Buffer with memory of its own. */
export function bytes(options: SizeOptions = {}): ValueType<Uint8Array> {
  const { maxBytes } = takeTypeOptions(options, 'bytes', ['maxBytes']);
  return {
    name: 'bytes',
    maxBytes,
    encode(value) {
      const plaintext = attempt(undefined, () => genuineBytes(value));
      if (plaintext === undefined) throw wrongValue(value, 'a Uint8Array');
      checkSize(plaintext.length, maxBytes);
      return plaintext;
    },
    decode: plaintextBuffer,
  };
}
