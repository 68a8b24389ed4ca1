import { types } from 'node:util';

/** A form that a ciphertext takes on its way through other programs, and how it becomes bytes again. */
export interface TextForm {
  readonly name: string;
  readonly remedy: string;
}

/** What `toJSON` writes, too. */
export const BASE64: TextForm = {
  name: 'a ciphertext in base64',
  remedy:
    "if JSON.stringify made it of an EncryptedBytes, read it with fromJSON(); else with Buffer.from(value, 'base64').",
};

/**
 * The forms by how a ciphertext begins in them: its first four bytes are 00 c7, then 11 or 12, then 01, 02 or 03. That
 * is sure enough to name the form, and never enough to accept it: one value has one text.
 */
const FORMS: readonly (TextForm & { readonly start: RegExp })[] = [
  { start: /^\s*AMc[RS]A[Q-Za-z0-9+/_-]/, ...BASE64 },
  {
    start: /^base64:type\d+:/,
    name: "base64 as MySQL's JSON holds bytes",
    remedy:
      "select the column itself and not JSON of it, or read what follows the last colon with Buffer.from(text, 'base64').",
  },
  {
    start: /^\s*sc1\.AMc/i,
    name: 'a ciphertext as a column with encoding `text` stores it, `sc1.…`',
    remedy: 'read it as it was written, without blanks and in its own upper and lower case.',
  },
  {
    start: /^\s*\\x00c71[12]0[1-3]/i,
    name: 'a ciphertext in hex as PostgreSQL writes it, `\\x…`',
    remedy: 'read it as it was written, whole and without blanks.',
  },
  {
    start: /^\s*(?:<Buffer |0x|x'|\\\\+x)?00[ :-]?c7[ :-]?1[12][ :-]?0[1-3]/i,
    name: 'a ciphertext in hex',
    remedy: "take away what is not a digit, and read the rest with Buffer.from(digits, 'hex').",
  },
  {
    // encode(…, 'escape') leaves control characters as they are, bytea_output = escape does not.
    start: /^\s*\\{1,2}000\\{1,2}307(?:\\+02[12]|[^ -~])(?:\\+00[1-3]|[^ -~])/,
    name: "a ciphertext in PostgreSQL's escape format, as with bytea_output = escape",
    remedy: "set bytea_output to 'hex', its default, for the connection, the role or the database; leave out encode().",
  },
  {
    start: /^\0\u00c7[^ -~]{2}/,
    name: 'a binary string, with a character for each byte of a ciphertext (latin1)',
    remedy: "let the driver give bytes; where it cannot, read the string with Buffer.from(value, 'latin1').",
  },
  {
    start: /^\0\ufffd[^ -~]{2}/,
    name: 'a ciphertext that was decoded as UTF-8, which loses bytes',
    remedy: 'let the driver give bytes, from a column of bytes. What is stored there may be whole.',
  },
  {
    start: /^\s*\[?\s*0,\s*199,\s*1[78],\s*[1-3],/,
    name: 'the bytes of a ciphertext as a list of decimal numbers',
    remedy: "read them with Uint8Array.from(list), where `list` is JSON.parse(value) or value.split(',').",
  },
  {
    start: /^\s*\{\s*"type"\s*:\s*"Buffer"/,
    name: 'the JSON of a Buffer',
    remedy: 'read it with Buffer.from(JSON.parse(value)).',
  },
  {
    start: /^\s*\{\s*"0"\s*:\s*0\s*,\s*"1"\s*:\s*199/,
    name: 'the JSON of a Uint8Array',
    remedy: 'read it with Uint8Array.from(Object.values(JSON.parse(value))).',
  },
  {
    start: /^\s*"(?:AMc[RS]A|sc1\.AMc|\\\\x00c7)/,
    name: 'a ciphertext as text in JSON, with its quotes',
    remedy: 'read the JSON with JSON.parse() first.',
  },
];

/** In which form a text is a ciphertext, if it begins as one in any that is known. */
export function textForm(text: string): TextForm | undefined {
  return FORMS.find(({ start }) => start.test(text));
}

/** As {@link textForm}, for any value. */
export function formOf(value: unknown): TextForm | undefined {
  if (typeof value === 'string') return textForm(value);
  return typeof value === 'object' && value !== null && !types.isProxy(value) ? objectForm(value) : undefined;
}

/** In which form an object or a list is a ciphertext, if it is one that JSON gives of bytes, or bytes of another kind. */
function objectForm(value: object): TextForm | undefined {
  if (types.isUint8Array(value)) return undefined;
  if (ArrayBuffer.isView(value)) {
    return {
      name: 'a view of memory, and not a Uint8Array',
      remedy: 'read its bytes with new Uint8Array(value.buffer, value.byteOffset, value.byteLength).',
    };
  }
  const { type, data, 0: first, 1: second } = value as Record<string, unknown>;
  if (type === 'Buffer' && Array.isArray(data)) {
    return {
      name: "a Buffer that went through JSON, { type: 'Buffer', data }",
      remedy: 'read it with Buffer.from(value).',
    };
  }
  if (first !== 0 || second !== 0xc7) return undefined;
  return Array.isArray(value)
    ? { name: 'a list of numbers, the bytes of a ciphertext', remedy: 'read it with Uint8Array.from(value).' }
    : {
        name: 'a Uint8Array that went through JSON',
        remedy: 'read it with Uint8Array.from(Object.values(value)).',
      };
}
