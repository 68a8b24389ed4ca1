import { checkCount } from '../argument-check.js';
import { decodeText, encodeText } from '../text-encoding.js';
import { checkSize, type SizeOptions, takeTypeOptions, type ValueType, wrongValue } from './value-type.js';

const MAX_PADDING = 65_536;

/** Options of {@link text}. `maxBytes` counts the text in UTF-8 without its padding. */
export interface TextOptions extends SizeOptions {
  /**
   * Pads the text to a multiple of so many bytes (2 to 65,536), so that its stored length tells less. At least one byte
   * is added. It may be introduced, changed and left out at any time: padded and unpadded texts are told apart.
   */
  readonly padTo?: number | undefined;
}

/** Text as UTF-8. A lone surrogate is `INVALID_ARGUMENT`. */
export function text(options: TextOptions = {}): ValueType<string> {
  const { padTo, maxBytes: limit } = takeTypeOptions(options, 'text', ['maxBytes', 'padTo']);
  checkCount(padTo, 'padTo', 2, MAX_PADDING, 'CONFIG');
  const maxBytes = limit === undefined || padTo === undefined ? limit : (Math.floor(limit / padTo) + 1) * padTo;
  return {
    name: 'text',
    maxBytes,
    encode(value) {
      if (typeof value !== 'string') throw wrongValue(value, 'a string');
      if (limit !== undefined) checkSize(Buffer.byteLength(value, 'utf8'), limit);
      return encodeText(value, padTo);
    },
    decode: decodeText,
  };
}
