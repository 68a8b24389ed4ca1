/// <reference types="node" preserve="true" />
import { types } from 'node:util';
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
      const milliseconds = types.isDate(value) ? value.getTime() : Number.NaN;
      if (Number.isNaN(milliseconds)) throw wrongValue(value, 'a valid Date');
      const plaintext = Buffer.alloc(LENGTH);
      plaintext.writeBigInt64BE(BigInt(milliseconds));
      return plaintext;
    },
    decode(plaintext) {
      const milliseconds = plaintext.length === LENGTH ? plaintext.readBigInt64BE() : undefined;
      if (milliseconds !== undefined && milliseconds <= MAX_MILLISECONDS && milliseconds >= -MAX_MILLISECONDS) {
        return new Date(Number(milliseconds));
      }
      throw wrongBytes('date', 'milliseconds as an integer of 8 bytes');
    },
  };
}
