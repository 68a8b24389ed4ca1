/// <reference types="node" preserve="true" />
import { plaintextBuffer } from '../plaintext-buffer.js';
import { type ValueType, wrongBytes, wrongValue } from './value-type.js';

const LENGTH = 8;

/** A number as 8 bytes, an IEEE 754 double in big-endian order. NaN and the infinities are `INVALID_ARGUMENT`. */
export function number(): ValueType<number> {
  return {
    name: 'number',
    maxBytes: LENGTH,
    encode(value) {
      if (!Number.isFinite(value)) throw wrongValue(value, 'a finite number');
      const plaintext = Buffer.alloc(LENGTH);
      plaintext.writeDoubleBE(value);
      return plaintext;
    },
    decode(plaintext) {
      const bytes = plaintextBuffer(plaintext);
      const value = bytes.length === LENGTH ? bytes.readDoubleBE() : Number.NaN;
      if (Number.isFinite(value)) return value;
      throw wrongBytes('number', 'a finite double of 8 bytes');
    },
  };
}
