/// <reference types="node" preserve="true" />
import { types } from 'node:util';
import { plaintextBuffer } from '../plaintext-buffer.js';
import { type ValueType, wrongBytes, wrongValue } from './value-type.js';

const LENGTH = 8;
/** The range of Date: 100,000,000 days around 1970. */
const MAX_MILLISECONDS = 8_640_000_000_000_000n;

/** A Date as 8 bytes: milliseconds since 1970 as a signed integer in big-endian order. An invalid Date is `INVALID_ARGUMENT`. */
export function date(): ValueType<Date> {
  return {
    name: 'date',
    maxBytes: LENGTH,
    encode(value) {
      const milliseconds = types.isDate(value) ? Date.prototype.getTime.call(value) : Number.NaN;
      if (Number.isNaN(milliseconds)) throw wrongValue(value, 'a valid Date');
      const plaintext = Buffer.alloc(LENGTH);
      plaintext.writeBigInt64BE(BigInt(milliseconds));
      return plaintext;
    },
    decode(plaintext) {
      const bytes = plaintextBuffer(plaintext);
      const milliseconds = bytes.length === LENGTH ? bytes.readBigInt64BE() : undefined;
      if (milliseconds !== undefined && milliseconds <= MAX_MILLISECONDS && milliseconds >= -MAX_MILLISECONDS) {
        return new Date(Number(milliseconds));
      }
      throw wrongBytes('date', 'milliseconds as an integer of 8 bytes');
    },
  };
}
