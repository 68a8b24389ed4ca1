/// <reference types="node" preserve="true" />
import type { ErrorCode } from '@sqlcrypter/core';

/** A stretch of a frame, and how a value is refused that was changed there. */
interface FrameRegion {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly codes: readonly ErrorCode[];
  /** Where they differ: the codes of a synchronous call. */
  readonly syncCodes?: readonly ErrorCode[];
}

/** Where the parts of a frame lie. */
export interface FrameLayout {
  readonly suite: 1 | 2;
  readonly kind: 1 | 2 | 3;
  readonly nonceOffset: number;
  readonly ciphertextOffset: number;
  readonly tagOffset: number;
  readonly regions: readonly FrameRegion[];
}

const TAG_LENGTH = 16;

/** How a wrapped key is refused that is not the one the key service made. */
export const WRAPPED_KEY_CODES: readonly ErrorCode[] = [
  'KMS_INVALID_BLOB',
  'KMS_WRONG_KEY',
  'KMS_DENIED',
  'KEY_NOT_FOUND',
  'KEY_COMMITMENT',
];

function keyReferenceRegions(frame: Buffer, kind: number): FrameRegion[] {
  if (kind === 1) return [{ name: 'key id', start: 4, end: 8, codes: ['KEY_NOT_FOUND', 'AUTH_FAILED'] }];
  if (kind === 2) {
    // Only a look at the key table tells that nobody has the key, and a synchronous call cannot look.
    const syncCodes: ErrorCode[] = ['KEY_NOT_FOUND', 'KEY_NOT_LOADED'];
    return [{ name: 'fingerprint', start: 4, end: 20, codes: ['KEY_NOT_FOUND'], syncCodes }];
  }
  const lengthCodes: ErrorCode[] = ['FRAME_TRUNCATED', 'FRAME_UNSUPPORTED', ...WRAPPED_KEY_CODES];
  return [
    { name: 'fingerprint', start: 4, end: 20, codes: ['KEY_COMMITMENT'] },
    { name: 'provider', start: 20, end: 21, codes: ['FRAME_UNSUPPORTED'] },
    {
      name: 'length of the wrapped key',
      start: 21,
      end: 23,
      codes: lengthCodes,
      syncCodes: [...lengthCodes, 'KEY_NOT_LOADED'],
    },
    {
      name: 'wrapped key',
      start: 23,
      end: 23 + frame.readUInt16BE(21),
      codes: WRAPPED_KEY_CODES,
      syncCodes: ['KEY_NOT_LOADED', ...WRAPPED_KEY_CODES],
    },
  ];
}

/** Takes apart what a crypterer has encrypted. Throws if it does not have the layout of a v1 frame. */
export function layoutOf(frame: Buffer): FrameLayout {
  if (frame.length < 8 || frame[0] !== 0x00 || frame[1] !== 0xc7) throw new Error('does not begin as a v1 frame');
  const suite = (frame[2] as number) - 0x10;
  if (suite !== 1 && suite !== 2) throw new Error('the third byte is not that of a version 1 suite');
  const kind = frame[3];
  if (kind !== 1 && kind !== 2 && kind !== 3) throw new Error('the fourth byte is no kind of key reference');
  if (kind === 3 && frame.length < 23) throw new Error('shorter than its key reference');
  const keyReference = keyReferenceRegions(frame, kind);
  const nonceOffset = (keyReference.at(-1) as FrameRegion).end;
  const ciphertextOffset = nonceOffset + (suite === 1 ? 12 : 24);
  const tagOffset = frame.length - TAG_LENGTH;
  if (tagOffset < ciphertextOffset) throw new Error('shorter than header, nonce and tag');
  const regions: FrameRegion[] = [
    { name: 'magic', start: 0, end: 2, codes: ['FRAME_UNKNOWN'] },
    { name: 'version and suite', start: 2, end: 3, codes: ['FRAME_UNSUPPORTED'] },
    {
      name: 'kind and reserved bits',
      start: 3,
      end: 4,
      // One bit apart from a kind lies another kind, for which these bytes are too short or name no key.
      codes: ['FRAME_UNSUPPORTED', 'FRAME_TRUNCATED', 'KEY_NOT_FOUND', 'AUTH_FAILED'],
    },
    ...keyReference,
    { name: 'nonce', start: nonceOffset, end: ciphertextOffset, codes: ['AUTH_FAILED'] },
    { name: 'ciphertext', start: ciphertextOffset, end: tagOffset, codes: ['AUTH_FAILED'] },
    { name: 'tag', start: tagOffset, end: frame.length, codes: ['AUTH_FAILED'] },
  ];
  return { suite, kind, nonceOffset, ciphertextOffset, tagOffset, regions };
}

/** Key reference and nonce of a frame, which no two values may share. */
export function nonceOf(frame: Buffer): string {
  const { nonceOffset, ciphertextOffset } = layoutOf(frame);
  return frame.toString('latin1', 2, nonceOffset) + frame.toString('latin1', nonceOffset, ciphertextOffset);
}
