import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { expect } from 'vitest';

/** 32 bytes that appear nowhere by chance, always the same for the same name. */
export function canary(name: string): Buffer {
  return createHash('sha256').update(name).digest();
}

/** Everything that a log could make of a value: message, stack, cause, inspect to any depth, JSON. */
export function textOf(subject: unknown): string {
  const texts = [
    inspect(subject, { depth: null, showHidden: true, getters: true, maxArrayLength: null, maxStringLength: null }),
    JSON.stringify(subject) ?? '',
    String(subject),
  ];
  if (subject instanceof Error) texts.push(subject.message, subject.stack ?? '', textOf(subject.cause));
  return texts.join('\n');
}

/** All short pieces of bytes in the forms in which they could show: hexadecimal, base64, and as the bytes themselves. */
function piecesOf(secret: Uint8Array): string[] {
  const bytes = Buffer.from(secret);
  const pieces = new Set<string>();
  const cut = (text: string, length: number) => {
    for (let i = 0; i + length <= text.length; i++) pieces.add(text.slice(i, i + length));
  };
  cut(bytes.toString('hex'), 12);
  for (const separator of [' ', ', ', ',', ',\n']) {
    for (let i = 0; i + 6 <= bytes.length; i++) {
      const piece = [...bytes.subarray(i, i + 6)];
      pieces.add(piece.join(separator));
      pieces.add(piece.map((byte) => byte.toString(16).padStart(2, '0')).join(separator));
    }
  }
  for (let shift = 0; shift < 3; shift++) cut(bytes.subarray(shift).toString('base64').replace(/=+$/, ''), 7);
  cut(bytes.toString('latin1'), 6);
  return [...pieces];
}

/** Fails if a piece of a secret can be seen in a text. */
export function expectNoTrace(text: string, secrets: readonly Uint8Array[]): void {
  const lowered = text.toLowerCase();
  for (const secret of secrets) {
    expect(piecesOf(secret).filter((piece) => lowered.includes(piece.toLowerCase()))).toEqual([]);
  }
}
