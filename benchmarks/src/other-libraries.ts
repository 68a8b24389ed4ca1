import { randomBytes } from 'node:crypto';
import { decryptStringSync, encryptStringSync, generateKey as generateCloakKey, parseKeySync } from '@47ng/cloak';
import {
  buildClient,
  CommitmentPolicy,
  getLocalCryptographicMaterialsCache,
  NodeCachingMaterialsManager,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
} from '@aws-crypto/client-node';
import { createAesCrypterer, generateKey } from '@sqlcrypter/aes';
import { decryptMany, encryptMany } from '@sqlcrypter/core';
import cipherSweet from 'ciphersweet-js';
import { EncryptionTransformer } from 'typeorm-encrypted';
import type { Figure } from './figure.js';
import { interleave, type Measured, median, ratio } from './interleave.js';

const LENGTH = 100;
const BATCH = 100;

/** One library's way to encrypt and decrypt one value with keys in memory, each as its documentation shows it. */
interface Contender {
  readonly name: string;
  /** Bytes that end up in the database. */
  readonly stored: number;
  readonly encrypt: Measured;
  readonly decrypt: Measured;
}

async function sqlcrypter(plaintext: Buffer): Promise<Contender> {
  const crypterer = createAesCrypterer({ key: generateKey() });
  const options = { context: Object.freeze({ c: 'employee.ssn' }) };
  const stored = crypterer.encryptSync(plaintext, options);
  return {
    name: '@sqlcrypter/aes',
    stored: stored.length,
    encrypt: { sync: () => crypterer.encryptSync(plaintext, options) },
    decrypt: { sync: () => crypterer.decryptSync(stored, options) },
  };
}

async function cloak(text: string): Promise<Contender> {
  const key = parseKeySync(generateCloakKey());
  const stored = encryptStringSync(text, key);
  return {
    name: '@47ng/cloak',
    stored: stored.length,
    encrypt: { sync: () => encryptStringSync(text, key) },
    decrypt: { sync: () => decryptStringSync(stored, key) },
  };
}

async function typeormEncrypted(text: string): Promise<Contender> {
  const transformer = new EncryptionTransformer({
    key: randomBytes(32).toString('hex'),
    algorithm: 'aes-256-gcm',
    ivLength: 12,
    authTagLength: 16,
  });
  const stored = transformer.to(text) as unknown as string;
  return {
    name: 'typeorm-encrypted',
    stored: stored.length,
    encrypt: { sync: () => transformer.to(text) },
    decrypt: { sync: () => transformer.from(stored) },
  };
}

async function cipherSweetField(text: string): Promise<Contender> {
  const { CipherSweet, EncryptedField, ModernCrypto, StringProvider } = cipherSweet;
  const engine = new CipherSweet(new StringProvider(randomBytes(32).toString('hex')), new ModernCrypto());
  const field = new EncryptedField(engine, 'employee', 'ssn');
  const stored = (await field.encryptValue(text)) as string;
  return {
    name: 'ciphersweet-js (ModernCrypto)',
    stored: stored.length,
    encrypt: { async: () => field.encryptValue(text) },
    decrypt: { async: () => field.decryptValue(stored) },
  };
}

async function awsEncryptionSdk(plaintext: Buffer): Promise<Contender> {
  const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
  const keyring = new RawAesKeyringNode({
    keyName: 'key',
    keyNamespace: 'benchmark',
    unencryptedMasterKey: Uint8Array.from(randomBytes(32)),
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
  });
  const materials = new NodeCachingMaterialsManager({
    backingMaterials: keyring,
    cache: getLocalCryptographicMaterialsCache(1_000),
    maxAge: 3_600_000,
  });
  const options = { encryptionContext: { c: 'employee.ssn' } };
  const { result } = await encrypt(materials, plaintext, options);
  return {
    name: '@aws-crypto/client-node (caching, AES keyring)',
    stored: result.length,
    encrypt: { async: () => encrypt(materials, plaintext, options) },
    decrypt: { async: () => decrypt(materials, result) },
  };
}

async function otherLibraries(plaintext: Buffer): Promise<Contender[]> {
  const text = plaintext.toString();
  return [
    await cloak(text),
    await typeormEncrypted(text),
    await cipherSweetField(text),
    await awsEncryptionSdk(plaintext),
  ];
}

/** Values of 100 bytes under keys in memory, in one interleaved run. */
export async function measureOtherLibraries(rounds: number): Promise<Figure[]> {
  const plaintext = Buffer.from(randomBytes(LENGTH / 2).toString('hex'));
  const contenders = [await sqlcrypter(plaintext), ...(await otherLibraries(plaintext))];
  const operations: Record<string, Measured> = {};
  for (const { name, encrypt, decrypt } of contenders) {
    operations[`${name}: encrypt`] = encrypt;
    operations[`${name}: decrypt`] = decrypt;
  }
  const times = await interleave(operations, rounds);
  const ours = (contenders[0] as Contender).name;
  return contenders.flatMap(({ name, stored }) => [
    { name: `${name}: stored`, value: stored, unit: 'bytes' as const },
    ...['encrypt', 'decrypt'].flatMap((what) => {
      const own = times[`${name}: ${what}`] as number[];
      return [
        { name: `${name}: ${what}`, value: median(own), unit: 'µs' as const },
        {
          name: `${name}: ${what} / ${ours}`,
          value: ratio(own, times[`${ours}: ${what}`] as number[]),
          unit: 'x' as const,
        },
      ];
    }),
  ]);
}

/** As many values of 100 bytes in one batch, beside the other libraries, which take them one by one. */
export async function measureBatchBesideLibraries(rounds: number): Promise<Figure[]> {
  const plaintext = Buffer.from(randomBytes(LENGTH / 2).toString('hex'));
  const crypterer = createAesCrypterer({ key: generateKey() });
  const context = Object.freeze({ c: 'employee.ssn' });
  const toEncrypt = Array.from({ length: BATCH }, () => ({ plaintext, context }));
  const toDecrypt = (await encryptMany(toEncrypt, { crypterer })).map((ciphertext) => ({ ciphertext, context }));
  const operations: Record<string, Measured> = {
    'batch: encrypt': { async: () => encryptMany(toEncrypt, { crypterer }) },
    'batch: decrypt': { async: () => decryptMany(toDecrypt, { crypterer }) },
  };
  const others = await otherLibraries(plaintext);
  for (const { name, encrypt, decrypt } of others) {
    operations[`${name}: encrypt`] = { async: () => each(encrypt) };
    operations[`${name}: decrypt`] = { async: () => each(decrypt) };
  }
  const times = await interleave(operations, rounds);
  return others.flatMap(({ name }) =>
    ['encrypt', 'decrypt'].map((what) => ({
      name: `${BATCH} x ${what}: ${name} / one batch`,
      value: ratio(times[`${name}: ${what}`] as number[], times[`batch: ${what}`] as number[]),
      unit: 'x' as const,
    })),
  );
}

async function each({ sync, async }: Measured): Promise<void> {
  for (let i = 0; i < BATCH; i++) {
    if (sync !== undefined) sync(i);
    else await async?.(i);
  }
}
