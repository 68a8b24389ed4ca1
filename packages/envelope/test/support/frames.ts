import { randomBytes } from 'node:crypto';
import type { Suite } from '@sqlcrypter/core';
import { DataKey, encodeContext, encodeFrameHeader } from '@sqlcrypter/core/provider';

const VALUE = Buffer.from('value');

/** A genuine frame under a data key that the test chose. */
export function frameUnder(
  dek: Uint8Array,
  wrapped: Buffer,
  options: { readonly provider?: number; readonly plaintext?: Uint8Array; readonly suite?: Suite } = {},
): Buffer {
  const { provider = 2, plaintext = VALUE, suite = 'xaes-256-gcm' } = options;
  const dataKey = new DataKey(dek);
  const header = encodeFrameHeader(suite, { kind: 3, fingerprint: dataKey.fingerprint, provider, wrapped });
  return dataKey.seal(plaintext, header, encodeContext(undefined));
}

/** A value that names a key of a key table that nobody has. */
export function strayValue(): Buffer {
  const dataKey = new DataKey(randomBytes(32));
  const header = encodeFrameHeader('xaes-256-gcm', { kind: 2, fingerprint: dataKey.fingerprint });
  return dataKey.seal(VALUE, header, encodeContext(undefined));
}

/** A frame as the Go library writes it. */
export function goFrameUnder(dek: Uint8Array, wrapped: Buffer, plaintext: Uint8Array = VALUE): Buffer {
  return new DataKey(dek).sealGo(plaintext, Buffer.concat([Buffer.of(wrapped.length), wrapped]));
}

/** Where the parts of a frame with a wrapped key are. */
export const FINGERPRINT_OFFSET = 4;
export const WRAPPED_OFFSET = 23;
