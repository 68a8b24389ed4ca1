// Makes go-sqlcrypter/awskms-counter-nonces.json: values with the nonces that version 0.3.0 of the Go library chooses.
//
//   node make-go-counter-nonces.mjs            writes the file
//   node make-go-counter-nonces.mjs --print    prints it instead
//
// Version 0.3.0 counts the values of a data key instead of drawing nonces at random: four zero bytes, then the count as
// u64 in little-endian order, beginning with 1. Its aesgcm provider still draws them. The Go library did not write these
// values; they follow its source. The data key is one that awskms.json holds, so a local KMS with seeds/seed.yaml
// unwraps it. Deterministic and append-only.
import { createCipheriv } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

const folder = new URL('go-sqlcrypter/', import.meta.url);
const { groups } = JSON.parse(readFileSync(new URL('awskms.json', folder), 'utf8'));
const { keyArn, encryptedDekB64, dekHex } = groups.find(({ name }) => name === 'seed').deks[0];
const wrapped = Buffer.from(encryptedDekB64, 'base64');

function nonceOf(count) {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64LE(count, 4);
  return nonce;
}

function valueOf(count, plaintext) {
  const nonce = nonceOf(count);
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(dekHex, 'hex'), nonce, { authTagLength: 16 });
  return Buffer.concat([
    Buffer.of(wrapped.length),
    wrapped,
    nonce,
    cipher.update(plaintext),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
}

const counts = [
  ['the first value of a data key', 1n, '999-00-1337'],
  ['the second value', 2n, '999-00-1337'],
  ['the empty string', 3n, ''],
  ['the last count of one byte', 255n, 'a'],
  ['the first count of two bytes', 256n, 'a'],
  ['a nonce that holds 00 c7', 0xc700n, 'sixteen bytes ok'],
  ['the last count of four bytes', 2n ** 32n - 1n, 'é€𐀀'],
  ['the first count of five bytes', 2n ** 32n, 'é€𐀀'],
  ['the first count that no double holds', 2n ** 53n + 1n, 'x'.repeat(1000)],
  ['the first count with its top bit set', 2n ** 63n, 'b'],
  ['the last count', 2n ** 64n - 1n, 'b'],
];

const file = {
  comment: 'Nonces as go-sqlcrypter v0.3.0 chooses them, by make-go-counter-nonces.mjs; append only.',
  seed: 'seeds/seed.yaml',
  keyArn,
  encryptedDekB64,
  dekHex,
  cases: counts.map(([name, count, text]) => ({
    name,
    count: String(count),
    nonceHex: nonceOf(count).toString('hex'),
    plaintextB64: Buffer.from(text).toString('base64'),
    ciphertextB64: valueOf(count, Buffer.from(text)).toString('base64'),
  })),
};

const json = `${JSON.stringify(file, null, 2)}\n`;
if (process.argv.includes('--print')) process.stdout.write(json);
else writeFileSync(new URL('awskms-counter-nonces.json', folder), json);
