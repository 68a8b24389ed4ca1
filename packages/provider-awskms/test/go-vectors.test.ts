import { execFileSync } from 'node:child_process';
import { createDecipheriv } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DecryptCommand } from '@aws-sdk/client-kms';
import { decryptMany, type ErrorCode } from '@sqlcrypter/core';
import { describe, expect, it } from 'vitest';
import { createEnvelopeCrypterer, type KeyService } from '../src/envelope/index.js';
import { codeOf, outcomeOf } from './support/error-code.js';
import { clientOf, createCrypterer, startKms } from './support/local-kms.js';
import { createEnvelope, MemoryKms } from './support/memory-kms.js';

interface Case {
  readonly id: string;
  readonly ciphertextB64: string;
  readonly plaintextB64: string;
}

interface DataKeyVector {
  readonly dekHex: string;
  readonly encryptedDekB64: string;
  readonly keyArn: string;
  readonly keyIdGivenToNew: string;
  readonly cases: readonly Case[];
}

interface Group {
  readonly name: string;
  readonly seed: string;
  readonly deks: readonly DataKeyVector[];
  readonly malformed?: readonly { id: string; note: string; outcome: string; ciphertextB64: string }[];
}

const folder = new URL('../../../testing/vectors/go-sqlcrypter/', import.meta.url);

function read<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
}

const { groups } = read<{ groups: readonly Group[] }>('awskms.json');
const moto = read<{ groups: readonly Group[] }>('awskms-moto.json');
const { cases: blobLengths } = read<{
  cases: readonly (Case & {
    blobLen: number;
    lengthByteWritten: number;
    dekHex: string;
    encryptedDekB64: string;
    goDecryptOtherProvider: { outcome: string };
  })[];
}>('awskms-bloblen.json');

const counted = read<{
  seed: string;
  encryptedDekB64: string;
  dekHex: string;
  cases: readonly { name: string; count: string; nonceHex: string; plaintextB64: string; ciphertextB64: string }[];
}>('awskms-counter-nonces.json');

const base64 = (text: string) => Buffer.from(text, 'base64');
const group = (name: string) => groups.find((each) => each.name === name) as Group;
const seedPath = (seed: string) => fileURLToPath(new URL(seed, folder));

/** A key service that knows wrapped keys by their bytes, for values whose KMS is gone. */
function serviceOf(keys: readonly { readonly encryptedDekB64: string; readonly dekHex: string }[]): KeyService {
  const known = new Map(keys.map(({ encryptedDekB64, dekHex }) => [encryptedDekB64, dekHex]));
  return Object.assign(new MemoryKms(), {
    unwrapDataKey: async (wrapped: Uint8Array, { bare }: { bare?: boolean }) => {
      const dek = bare ? known.get(Buffer.from(wrapped).toString('base64')) : undefined;
      return { plaintext: Buffer.from(dek ?? '', 'hex'), keyId: 'gone' };
    },
  });
}

describe('values that the Go library encrypted under AWS KMS', () => {
  it.each(groups)('are all read: group $name', async ({ seed, deks }) => {
    const kms = await startKms({ seed: seedPath(seed) });
    const decryptKeyArns = deks.map(({ keyArn }) => keyArn);
    for (const { keyIdGivenToNew: keyId } of deks) {
      kms.clearCalls();
      const reader = await createCrypterer(kms, { keyId, decryptKeyArns, goFrames: 'read' });
      for (const { cases } of deks) {
        for (const { ciphertextB64, plaintextB64 } of cases) {
          expect(await reader.decrypt(base64(ciphertextB64))).toEqual(base64(plaintextB64));
          expect(reader.decryptSync(base64(ciphertextB64))).toEqual(base64(plaintextB64));
        }
      }
      expect(kms.countCalls('Decrypt')).toBe(deks.length);
    }
  });

  it('are read after the KMS key was rotated', async () => {
    const kms = await startKms({ seed: seedPath(group('rotated').seed) });
    const reader = await createCrypterer(kms, { goFrames: 'read' });
    for (const { cases } of group('seed').deks) {
      for (const { ciphertextB64, plaintextB64 } of cases) {
        expect(await reader.decrypt(base64(ciphertextB64))).toEqual(base64(plaintextB64));
      }
    }
  });

  it('are read together, by one batch', async () => {
    const { seed, deks } = group('own');
    const kms = await startKms({ seed: seedPath(seed) });
    const options = { keyId: 'alias/own', decryptKeyArns: deks.map(({ keyArn }) => keyArn), goFrames: 'read' } as const;
    const reader = await createCrypterer(kms, options);
    const cases = deks.flatMap((dek) => dek.cases);
    using lease = await reader.loadKeys(cases.map(({ ciphertextB64 }) => base64(ciphertextB64)));
    expect(lease.failures.size).toBe(0);
    for (const { ciphertextB64, plaintextB64 } of cases) {
      expect(reader.decryptSync(base64(ciphertextB64))).toEqual(base64(plaintextB64));
    }
    expect(kms.countCalls('Decrypt')).toBe(deks.length);
  });

  it('are FRAME_UNKNOWN unless they are allowed, and cost no call', async () => {
    const { seed, deks } = group('seed');
    const kms = await startKms({ seed: seedPath(seed) });
    const reader = await createCrypterer(kms);
    for (const { ciphertextB64 } of deks.flatMap((dek) => dek.cases)) {
      expect(await codeOf(reader.decrypt(base64(ciphertextB64)))).toBe('FRAME_UNKNOWN');
    }
    expect(kms.countCalls('Decrypt')).toBe(0);
  });

  it.each(moto.groups)('are read by their data keys where another KMS wrapped them: group $name', async ({ deks }) => {
    const reader = await createEnvelope(serviceOf(deks), { generate: 'never', goFrames: 'read' });
    for (const { ciphertextB64, plaintextB64 } of deks.flatMap((dek) => dek.cases)) {
      expect(await reader.decrypt(base64(ciphertextB64))).toEqual(base64(plaintextB64));
    }
  });

  it.each(blobLengths)('are read with a wrapped key of $blobLen bytes as Go reads them', async (vector) => {
    const reader = await createEnvelope(serviceOf([vector]), { generate: 'never', goFrames: 'read' });
    const ciphertext = base64(vector.ciphertextB64);
    if (vector.goDecryptOtherProvider.outcome === 'ok') {
      expect(await reader.decrypt(ciphertext)).toEqual(base64(vector.plaintextB64));
    } else {
      // Go wrote the length modulo 256, and 0 is no length: the value is lost there and here, and said to be so.
      const code = vector.lengthByteWritten === 0 ? 'FRAME_UNKNOWN' : 'KMS_INVALID_BLOB';
      expect(await codeOf(reader.decrypt(ciphertext))).toBe(code);
    }
  });
});

describe('values with the counted nonces of go-sqlcrypter v0.3.0', () => {
  const script = fileURLToPath(new URL('../make-go-counter-nonces.mjs', folder));

  it('are what their script makes, byte for byte', () => {
    const made = execFileSync(process.execPath, [script, '--print']).toString();
    expect(made).toBe(readFileSync(new URL('awskms-counter-nonces.json', folder), 'utf8'));
  });

  it.each(counted.cases)(
    'hold their count in eight bytes, little-endian: $name',
    ({ count, nonceHex, ciphertextB64 }) => {
      const nonce = Buffer.from(nonceHex, 'hex');
      expect(nonce.readUInt32BE()).toBe(0);
      expect(nonce.readBigUInt64LE(4)).toBe(BigInt(count));
      expect(base64(ciphertextB64).includes(nonce, 1 + base64(counted.encryptedDekB64).length)).toBe(true);
    },
  );

  it('are read through a KMS, one by one and together, and need one call for their data key', async () => {
    const kms = await startKms({ seed: seedPath(counted.seed) });
    const reader = await createCrypterer(kms, { goFrames: 'read' });
    for (const { ciphertextB64, plaintextB64 } of counted.cases) {
      expect(await reader.decrypt(base64(ciphertextB64))).toEqual(base64(plaintextB64));
      expect(reader.decryptSync(base64(ciphertextB64))).toEqual(base64(plaintextB64));
    }
    const items = counted.cases.map(({ ciphertextB64 }) => ({ ciphertext: base64(ciphertextB64) }));
    const plaintexts = counted.cases.map(({ plaintextB64 }) => base64(plaintextB64));
    expect(await decryptMany(items, { crypterer: reader })).toEqual(plaintexts);
    expect(kms.countCalls('Decrypt')).toBe(1);
  });

  it.each(counted.cases)('are AUTH_FAILED under another count: $name', async ({ ciphertextB64 }) => {
    const reader = await createEnvelope(serviceOf([counted]), { generate: 'never', goFrames: 'read' });
    const changed = base64(ciphertextB64);
    const first = 1 + base64(counted.encryptedDekB64).length + 4;
    changed[first] = (changed[first] as number) ^ 1;
    expect(await codeOf(reader.decrypt(changed))).toBe('AUTH_FAILED');
  });
});

describe('malformed values of the Go library', () => {
  const { seed, malformed = [] } = group('seed');

  /** What each is answered by. `AUTH_FAILED` is met only where the wrapped key is whole. */
  const CODES: Readonly<Record<string, ErrorCode>> = {
    empty: 'FRAME_UNKNOWN',
    'only the length byte': 'FRAME_UNKNOWN',
    'DEK cut by one': 'FRAME_UNKNOWN',
    'whole DEK, no nonce': 'FRAME_UNKNOWN',
    'nonce cut to 11': 'FRAME_UNKNOWN',
    'nonce only': 'FRAME_UNKNOWN',
    'tag cut to 15 with no body': 'FRAME_UNKNOWN',
    'last byte missing': 'AUTH_FAILED',
    'byte appended': 'AUTH_FAILED',
    'length byte 0': 'FRAME_UNKNOWN',
    'length byte + 1': 'KMS_INVALID_BLOB',
    'length byte - 1': 'KMS_INVALID_BLOB',
    'length byte 255': 'FRAME_UNKNOWN',
    'ARN length byte inside DEK blob wrong (0x00)': 'KMS_INVALID_BLOB',
    // Where Go asks for its own key by name, the KMS that these come from does not look at the ARN. AWS does.
    'bit flipped in ARN (unknown key)': 'KMS_DENIED',
    'backing key version 1 (not there)': 'KMS_INVALID_BLOB',
    'bit flipped in DEK nonce': 'KMS_INVALID_BLOB',
    'bit flipped in DEK body': 'KMS_INVALID_BLOB',
    'bit flipped in data nonce': 'AUTH_FAILED',
    'bit flipped in data body': 'AUTH_FAILED',
    'bit flipped in data tag': 'AUTH_FAILED',
  };

  it('are all known here', () => {
    expect(malformed.map(({ note }) => note)).toEqual(Object.keys(CODES));
  });

  it.each(malformed)(
    'are refused with a code, with and without the key in memory: $note',
    async ({ note, ciphertextB64 }) => {
      const kms = await startKms({ seed: seedPath(seed) });
      const reader = await createCrypterer(kms, { goFrames: 'read' });
      const ciphertext = base64(ciphertextB64);
      expect(await codeOf(reader.decrypt(ciphertext))).toBe(CODES[note]);
      const genuine = group('seed').deks[0]?.cases[0]?.ciphertextB64 ?? '';
      await reader.decrypt(base64(genuine));
      expect(await codeOf(reader.decrypt(ciphertext))).toBe(CODES[note]);
      expect(await codeOf(() => reader.decryptSync(ciphertext))).toBe(CODES[note]);
      expect(await outcomeOf(reader.loadKeys([ciphertext, base64(genuine)]))).toBe(
        CODES[note] === 'AUTH_FAILED' ? 'ok' : CODES[note],
      );
    },
  );
});

/** AES-256-GCM with the tag at the end, as Go's cipher.AEAD has it. */
function goOpen(dek: Uint8Array, nonce: Buffer, sealed: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', dek, nonce, { authTagLength: 16 });
  decipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
}

describe("with goFrames: 'write'", () => {
  it.each([0, 1, 11, 65_536])('a value of %i bytes has the layout that the Go library reads', async (size) => {
    const { seed } = group('seed');
    const kms = await startKms({ seed: seedPath(seed) });
    const writer = await createCrypterer(kms, { goFrames: 'write' });
    const plaintext = Buffer.alloc(size, 'x');
    const values = [await writer.encrypt(plaintext), writer.encryptSync(plaintext, { context: { c: 'ignored' } })];
    for (const ciphertext of values) {
      const length = ciphertext[0] as number;
      const wrapped = ciphertext.subarray(1, 1 + length);
      const nonce = ciphertext.subarray(1 + length, 13 + length);
      expect(ciphertext).toHaveLength(1 + 140 + 12 + size + 16);
      const answer = await clientOf(kms).send(
        new DecryptCommand({ CiphertextBlob: wrapped, KeyId: 'alias/sqlcrypter' }),
      );
      expect(goOpen(answer.Plaintext as Uint8Array, nonce, ciphertext.subarray(13 + length))).toEqual(plaintext);
    }
    expect(kms.calls.map((call) => call.encryptionContext)).toEqual(Array(3).fill(undefined));
  });

  it('the values are read here after a restart, and so are those of Go and of v1', async () => {
    const { seed, deks } = group('seed');
    const kms = await startKms({ seed: seedPath(seed) });
    const own = await (await createCrypterer(kms, { goFrames: 'write' })).encrypt(Buffer.from('own'));
    const v1 = await (await createCrypterer(kms)).encrypt(Buffer.from('v1'));
    const reader = await createCrypterer(kms, { goFrames: 'write' });
    expect((await reader.decrypt(own)).toString()).toBe('own');
    expect((await reader.decrypt(v1)).toString()).toBe('v1');
    const [{ cases }] = deks as [DataKeyVector];
    const [{ ciphertextB64, plaintextB64 }] = cases as [Case];
    expect(await reader.decrypt(base64(ciphertextB64))).toEqual(base64(plaintextB64));
  });

  it('nonces are not repeated', async () => {
    const writer = await createEnvelope(new MemoryKms(), { goFrames: 'write' });
    const nonces = new Set<string>();
    for (let i = 0; i < 10_000; i++) nonces.add(writer.encryptSync(Buffer.of(1)).toString('hex', 61, 73));
    expect(nonces.size).toBe(10_000);
  });

  it.each([
    [1, 'ok'],
    [255, 'ok'],
    [256, 'CONFIG'],
    [257, 'CONFIG'],
    [512, 'CONFIG'],
  ])('a wrapped key of %i bytes is %s', async (length, outcome) => {
    const kms = new MemoryKms();
    kms.wrap = () => Buffer.alloc(length, 7);
    const made = createEnvelopeCrypterer(kms, { goFrames: 'write' });
    expect(await outcomeOf(made)).toBe(outcome);
    if (outcome === 'ok') {
      const ciphertext = (await made).encryptSync(Buffer.from('value'));
      expect(ciphertext[0]).toBe(length);
      expect((await made).decryptSync(ciphertext).toString()).toBe('value');
    }
    // Nothing of it concerns frames of version 1, whose length field has two bytes.
    const v1 = await createEnvelope(kms);
    expect((await v1.decrypt(await v1.encrypt(Buffer.from('value')))).toString()).toBe('value');
  });
});
