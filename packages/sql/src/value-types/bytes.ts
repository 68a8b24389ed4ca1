/// <reference types="node" preserve="true" />
import { types } from 'node:util';
import { checkMaxBytes, checkSize, type SizeOptions, type ValueType, wrongValue } from './value-type.js';

/** Bytes as they are; read as a Buffer with memory of its own. */
export function bytes(options: SizeOptions = {}): ValueType<Uint8Array> {
  const maxBytes = checkMaxBytes(options);
  return {
    name: 'bytes',
    maxBytes,
    encode(value) {
      if (!types.isUint8Array(value)) throw wrongValue(value, 'a Uint8Array');
      checkSize(value.length, maxBytes);
      return value;
    },
    decode: (plaintext) => plaintext,
  };
}
