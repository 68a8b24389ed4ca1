/// <reference types="node" preserve="true" />
import { SqlcrypterError } from '@sqlcrypter/core';

const MAX_WRAPPED_LENGTH = 255;
const NONCE_AND_TAG = 28;

/**
 * Where the parts of a Go frame are: length u8 ‖ wrapped key ‖ nonce ‖ ciphertext ‖ tag. Undefined if the bytes cannot
 * be one.
 */
export function parseGoFrame(bytes: Buffer): { readonly nonceOffset: number; readonly minLength: number } | undefined {
  const length = bytes[0];
  if (length === undefined || length === 0 || bytes.length < 1 + length + NONCE_AND_TAG) return undefined;
  return { nonceOffset: 1 + length, minLength: 1 + length + NONCE_AND_TAG };
}

/** What stands before the nonce. `CONFIG` where the one length byte does not fit, or is the 0 of a v1 frame. */
export function encodeGoHeader(wrapped: Buffer): Buffer {
  if (wrapped.length === 0 || wrapped.length > MAX_WRAPPED_LENGTH) {
    throw new SqlcrypterError(
      'CONFIG',
      `The KMS wraps data keys into ${wrapped.length} bytes, and frames of the Go library hold 1 to ` +
        `${MAX_WRAPPED_LENGTH}. Values under this KMS key cannot be written for it: leave goFrames at 'read'.`,
    );
  }
  return Buffer.concat([Buffer.of(wrapped.length), wrapped]);
}
