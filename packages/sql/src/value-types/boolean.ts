/// <reference types="node" preserve="true" />
import { plaintextBuffer } from '../plaintext-buffer.js';
import { type ValueType, wrongBytes, wrongValue } from './value-type.js';

/** A boolean as one byte, 00 or 01. */
export function boolean(): ValueType<boolean> {
  return {
    name: 'boolean',
    maxBytes: 1,
    encode(value) {
      if (typeof value !== 'boolean') throw wrongValue(value, 'true or false');
      return Buffer.alloc(1, value ? 1 : 0);
    },
    decode(plaintext) {
      const bytes = plaintextBuffer(plaintext);
      const [byte] = bytes;
      if (bytes.length === 1 && (byte === 0 || byte === 1)) return byte === 1;
      throw wrongBytes('boolean', 'one byte, 00 or 01');
    },
  };
}
