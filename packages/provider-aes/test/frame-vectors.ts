import { readFileSync } from 'node:fs';
import type { ContractVector } from '@sqlcrypter/contract';
import type { EncryptionContext, ErrorCode } from '@sqlcrypter/core';
import { createAesCrypterer } from '../src/index.js';

interface VectorFile {
  readonly dataKey: string;
  readonly frames: readonly { name: string; kind: number; context: Context; plaintext: string; ciphertext: string }[];
  readonly malformed: readonly {
    name: string;
    bytesAlone: boolean;
    context: Context;
    code: ErrorCode;
    ciphertext: string;
  }[];
}

type Context = Readonly<Record<string, string | { hex: string }>>;

const file: VectorFile = JSON.parse(
  readFileSync(new URL('../../../testing/vectors/frame-v1.json', import.meta.url), 'utf8'),
);

function contextOf(context: Context): EncryptionContext {
  const values = Object.entries(context).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : Buffer.from(value.hex, 'hex'),
  ]);
  return Object.fromEntries(values);
}

function withId(id: number) {
  return () => createAesCrypterer({ key: { id, key: Buffer.from(file.dataKey, 'hex') } });
}

/** The cases of frame-v1.json that concern local keys, which frames name by id. */
export const frameVectors: readonly ContractVector[] = [
  ...file.frames
    .filter(({ kind }) => kind === 1)
    .map(({ name, context, plaintext, ciphertext }) => ({
      name,
      context: contextOf(context),
      plaintext: Buffer.from(plaintext, 'hex'),
      ciphertext: Buffer.from(ciphertext, 'hex'),
      create: withId(Buffer.from(ciphertext, 'hex').readUInt32BE(4)),
    })),
  ...file.malformed
    .map((vector) => ({ ...vector, ciphertext: Buffer.from(vector.ciphertext, 'hex') }))
    .filter(({ bytesAlone, ciphertext }) => bytesAlone || ciphertext[3] === 1)
    .map(({ name, context, code, ciphertext }) => ({
      name,
      context: contextOf(context),
      code,
      ciphertext,
      create: withId(0x01020304),
    })),
];
