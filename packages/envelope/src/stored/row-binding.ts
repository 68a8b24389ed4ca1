/// <reference types="node" preserve="true" />
import type { KeyFacts, KeyWrap } from '@sqlcrypter/core/provider';

/** The provider number of a wrap under a branch key. */
export const BRANCH_PROVIDER = 0;

/**
 * A row's facts as every wrap of its key is bound to them: in the encryption context of a KMS, and in the context of a
 * wrap under a branch key. An empty scope is left out, because not every KMS takes empty values.
 */
export function bindingOf({ fingerprint, purpose, scope, created, expires }: KeyFacts): Record<string, string> {
  return {
    'sqlcrypter.fingerprint': fingerprint.toString('hex'),
    'sqlcrypter.purpose': purpose,
    ...(scope !== '' && { 'sqlcrypter.scope': scope }),
    'sqlcrypter.created': String(created),
    'sqlcrypter.expires': String(expires),
  };
}

/** Everything that the opening of a row depends on, as bytes: its facts and its wraps. No two rows have the same. */
export function bytesOfRow(record: KeyFacts & { readonly wraps: readonly KeyWrap[] }): Buffer {
  const wraps = record.wraps.map(({ provider, keyId, wrapped }) => [provider, keyId, wrapped.toString('base64')]);
  return Buffer.from(JSON.stringify([bindingOf(record), wraps]));
}
