/** Control characters, line and paragraph separators, marks that turn the direction of text, and halves of a character. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Errors of a batch often say the same. Short texts are looked through as fast as they are compared. */
const SHORT = 64;
let latest = '';
let latestPrintable = '';

/**
 * Text for a message or a log: what could end the line, move the cursor or turn the text around stands there as its
 * number. Whoever writes to a database, an export or a KMS chooses what is quoted from it.
 */
export function printable(text: string): string {
  if (text === latest) return latestPrintable;
  const result = text.replace(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
  if (text.length > SHORT) {
    latest = text;
    latestPrintable = result;
  }
  return result;
}
