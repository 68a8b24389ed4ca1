import { plaintextBuffer } from '../plaintext-buffer.js';
import { encodeText } from '../text-encoding.js';
import { checkSize, type SizeOptions, takeTypeOptions, type ValueType, wrongBytes, wrongValue } from './value-type.js';

const DECIMAL = /^(?:0|-?[1-9][0-9]*)$/;

/** A BigInt of any size as decimal text. */
export function bigint(options: SizeOptions = {}): ValueType<bigint> {
  const { maxBytes } = takeTypeOptions(options, 'bigint', ['maxBytes']);
  return {
    name: 'bigint',
    maxBytes,
    encode(value) {
      if (typeof value !== 'bigint') throw wrongValue(value, 'a BigInt');
      const plaintext = encodeText(String(value));
      checkSize(plaintext.length, maxBytes);
      return plaintext;
    },
    decode(plaintext) {
      const decimal = plaintextBuffer(plaintext).toString('latin1');
      if (DECIMAL.test(decimal)) return BigInt(decimal);
      throw wrongBytes('bigint', 'decimal digits');
    },
  };
}
