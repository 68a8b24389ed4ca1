/// <reference types="node" preserve="true" />
import { inspect } from 'node:util';

/** Enough of a secret to tell it from chance, and short enough to survive the cuts that printing makes. */
const PART = 16;

function asText(value: unknown): string {
  const texts: string[] = [];
  for (const customInspect of [true, false]) {
    const all = { depth: null, showHidden: true, getters: true, maxArrayLength: null, maxStringLength: null } as const;
    texts.push(inspect(value, { ...all, customInspect }));
  }
  texts.push(JSON.stringify(value) ?? '', String(value));
  for (let error = value; error instanceof Error; error = error.cause) texts.push(error.message, error.stack ?? '');
  return texts.join('\n');
}

/** Base64 of the secret wherever it begins in a longer text, without the characters that its neighbours change. */
function base64Forms(secret: Buffer): string[] {
  return [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), secret])
      .toString('base64')
      .slice(shift === 0 ? 0 : shift + 1, -4),
  );
}

function formsOf(secret: Uint8Array): string[] {
  const part = Buffer.from(secret.subarray(0, PART));
  const base64 = base64Forms(part);
  return [
    part.toString('latin1'),
    part.toString('utf8'),
    part.toString('hex'),
    part.toString('hex').toUpperCase(),
    part.join(','),
    ...base64,
    ...base64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_')),
  ];
}

/** Whether printing a value, in any way that logs do, shows one of the secrets as text, hex, base64 or numbers. */
export function revealsAny(value: unknown, secrets: readonly Uint8Array[]): boolean {
  const text = asText(value);
  // As inspect prints Buffers and lists: with spaces and line breaks between the bytes.
  const dense = text.replaceAll(/\s/g, '');
  return secrets.flatMap(formsOf).some((form) => text.includes(form) || dense.includes(form.replaceAll(/\s/g, '')));
}
