/// <reference types="node" preserve="true" />

const PREFIX = 'sc1.';

declare const STORED_TEXT: unique symbol;

/** A ciphertext as text: a string that no plaintext passes for when types are checked. */
export type StoredText = string & { readonly [STORED_TEXT]: true };

/** The text that stands for a ciphertext where a column must stay text: `sc1.` and base64url without padding. */
export function toStoredText(ciphertext: Buffer): StoredText {
  return (PREFIX + ciphertext.toString('base64url')) as StoredText;
}

/** The bytes of such a text, or undefined where a string is not exactly what {@link toStoredText} writes. */
export function fromStoredText(text: string): Buffer | undefined {
  if (!text.startsWith(PREFIX)) return undefined;
  const body = text.slice(PREFIX.length);
  const bytes = Buffer.from(body, 'base64url');
  // Node's decoder skips what it does not know; one value must have one text.
  return bytes.toString('base64url') === body ? bytes : undefined;
}

/** Length of the text for so many bytes of ciphertext. */
export function storedTextLength(bytes: number): number {
  return PREFIX.length + Math.ceil((bytes * 4) / 3);
}
