import { searchForPlaintext } from '@sqlcrypter/test-databases';

/** Whether a value occurs in bytes or text: as it is, in hex, in base64 or in UTF-16. */
export function occursIn(haystack: Uint8Array | string, value: string): boolean {
  const bytes = typeof haystack === 'string' ? Buffer.from(haystack) : haystack;
  return searchForPlaintext([{ name: 'haystack', bytes }], Buffer.from(value)).length > 0;
}
