import { readFileSync } from 'node:fs';
import { createAesCrypterer } from '@sqlcrypter/aes';
import { decryptMany, type EngineChoice, encryptMany } from '@sqlcrypter/core';

/** Encrypts or decrypts one batch, the first of its process, and prints the milliseconds that it took. */
const { key, engine, plaintexts, ciphertexts } = JSON.parse(readFileSync(0, 'utf8')) as {
  readonly key: string;
  readonly engine: EngineChoice;
  readonly plaintexts?: readonly string[];
  readonly ciphertexts?: readonly string[];
};
const bytes = (text: string): Buffer => Buffer.from(text, 'base64');
const crypterer = createAesCrypterer({ key: bytes(key) });
const toEncrypt = plaintexts?.map((text) => ({ plaintext: bytes(text) }));
const toDecrypt = ciphertexts?.map((text) => ({ ciphertext: bytes(text) }));

const start = performance.now();
if (toEncrypt !== undefined) await encryptMany(toEncrypt, { crypterer, engine });
if (toDecrypt !== undefined) await decryptMany(toDecrypt, { crypterer, engine });
console.log(performance.now() - start);
