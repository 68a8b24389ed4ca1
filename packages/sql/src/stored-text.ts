/// <reference types="node" preserve="true" />
import { looksLikeFrame } from '@sqlcrypter/core/provider';

const PREFIX = 'sc1.';

/** The text that stands for a ciphertext where a column must stay text: `sc1.` and base64url without padding. */
export function toStoredText(ciphertext: Buffer): string {
  return PREFIX + ciphertext.toString('base64url');
}

/** The bytes of such a text, or undefined where a string is not exactly what {@link toStoredText} writes. */
export function fromStoredText(text: string): Buffer | undefined {
  if (!text.startsWith(PREFIX)) return undefined;
  const body = text.slice(PREFIX.length);
  const bytes = Buffer.from(body, 'base64url');
  // Node's decoder skips what it does not know; one value must have one text.
  return bytes.toString('base64url') === body ? bytes : undefined;
}

/** Whether a text is an encrypted value already. */
export function isStoredText(text: string): boolean {
  const bytes = fromStoredText(text);
  return bytes !== undefined && looksLikeFrame(bytes);
}

/** Length of the text for so many bytes of ciphertext. */
export function storedTextLength(bytes: number): number {
  return PREFIX.length + Math.ceil((bytes * 4) / 3);
}
