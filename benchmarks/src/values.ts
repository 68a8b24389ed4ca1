import { createSecretKey, randomBytes } from 'node:crypto';
import { createAesCrypterer, generateKey } from '@sqlcrypter/aes';
import { createEnvelopeCrypterer } from '@sqlcrypter/awskms/envelope';
import type { Suite } from '@sqlcrypter/core';
import { encodeContext } from '@sqlcrypter/core/provider';
import { bareDecrypt, bareEncrypt } from './bare-node-crypto.js';
import type { Figure } from './figure.js';
import { interleave, type Measured, ratio } from './interleave.js';
import { awsSizedKeyService } from './stub-key-service.js';

const SIZES = [11, 100, 1024, 65536];
const SUITES: readonly Suite[] = ['xaes-256-gcm', 'aes-256-gcm'];
const HEADER_LENGTH = 8;
const DOMAIN_AND_LENGTH = 16;
/** More than the cache of derived keys holds, so that each is derived anew when its turn comes again. */
const COLD_PREFIXES = 1536;

/** One value's cost as a multiple of bare node:crypto, and the bytes it takes in the database. */
export async function measureValues(rounds: number): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const size of SIZES) figures.push(...(await measureSize(size, rounds)));
  return figures;
}

async function measureSize(size: number, rounds: number): Promise<Figure[]> {
  const options = { context: Object.freeze({ c: 'employee.ssn' }) };
  const data = Buffer.alloc(DOMAIN_AND_LENGTH + HEADER_LENGTH + encodeContext(options.context).length, 1);
  const plaintext = randomBytes(size);
  const rawKey = generateKey();
  const bareKey = createSecretKey(rawKey);
  const bareCiphertext = bareEncrypt(bareKey, plaintext, data);
  const operations: Record<string, Measured> = {
    'bare encrypt': { sync: () => bareEncrypt(bareKey, plaintext, data) },
    'bare decrypt': { sync: () => bareDecrypt(bareKey, bareCiphertext, data) },
  };

  for (const suite of SUITES) {
    const local = createAesCrypterer({ key: rawKey, suite });
    const envelope = await createEnvelopeCrypterer(awsSizedKeyService(), { suite });
    const localValue = local.encryptSync(plaintext, options);
    const envelopeValue = envelope.encryptSync(plaintext, options);
    operations[`${suite} encrypt`] = { sync: () => local.encryptSync(plaintext, options) };
    operations[`${suite} decrypt`] = { sync: () => local.decryptSync(localValue, options) };
    operations[`${suite} encrypt async`] = { async: () => local.encrypt(plaintext, options) };
    operations[`${suite} decrypt async`] = { async: () => local.decrypt(localValue, options) };
    operations[`${suite} encrypt kms`] = { sync: () => envelope.encryptSync(plaintext, options) };
    operations[`${suite} decrypt kms`] = { sync: () => envelope.decryptSync(envelopeValue, options) };
  }

  // Each crypterer draws a nonce prefix of its own, so these values need a derived key each.
  const reader = createAesCrypterer({ key: rawKey });
  const coldCount = size > 10_000 ? 8 : COLD_PREFIXES;
  const bareValues = Array.from({ length: coldCount }, () => bareEncrypt(bareKey, plaintext, data));
  if (coldCount === COLD_PREFIXES) {
    const coldValues = Array.from({ length: coldCount }, () =>
      createAesCrypterer({ key: rawKey }).encryptSync(plaintext, options),
    );
    operations['bare decrypt, many'] = { sync: (i) => bareDecrypt(bareKey, bareValues[i % coldCount] as Buffer, data) };
    operations['decrypt cold'] = { sync: (i) => reader.decryptSync(coldValues[i % coldCount] as Buffer, options) };
  }

  const times = await interleave(operations, rounds);
  const of = (name: string): number[] => times[name] as number[];
  const promised = size === 100;
  const limit = (atMost: number) => (promised ? { atMost } : {});
  const figures: Figure[] = [];
  for (const suite of SUITES) {
    const line = (name: string, value: number, atMost: number): void => {
      figures.push({ name: `${size} B, ${suite}: ${name}`, value, unit: 'x', ...limit(atMost) });
    };
    line('encrypt / bare', ratio(of(`${suite} encrypt`), of('bare encrypt')), 0.85);
    line('decrypt / bare', ratio(of(`${suite} decrypt`), of('bare decrypt')), 1.15);
    line('encrypt async / sync', ratio(of(`${suite} encrypt async`), of(`${suite} encrypt`)), 1.3);
    line('decrypt async / sync', ratio(of(`${suite} decrypt async`), of(`${suite} decrypt`)), 1.3);
    line('encrypt, KMS data key / local key', ratio(of(`${suite} encrypt kms`), of(`${suite} encrypt`)), 1.15);
    line('decrypt, KMS data key / local key', ratio(of(`${suite} decrypt kms`), of(`${suite} decrypt`)), 1.15);
  }
  if (times['decrypt cold'] !== undefined) {
    figures.push({
      name: `${size} B, xaes-256-gcm: decrypt, key to be derived / bare`,
      value: ratio(of('decrypt cold'), of('bare decrypt, many')),
      unit: 'x',
      ...limit(1.5),
    });
  }
  return figures;
}

/** Bytes that a value takes beyond its plaintext. */
export async function measureOverhead(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const suite of SUITES) {
    const local = createAesCrypterer({ key: generateKey(), suite });
    const envelope = await createEnvelopeCrypterer(awsSizedKeyService(), { suite });
    for (const size of SIZES) {
      const plaintext = Buffer.alloc(size);
      const stored = (value: Buffer, name: string): void => {
        figures.push({ name: `${size} B, ${suite}, ${name}`, value: value.length, unit: 'bytes' });
      };
      stored(local.encryptSync(plaintext), 'local key');
      stored(envelope.encryptSync(plaintext), 'wrapped key of AWS KMS');
    }
  }
  return figures;
}
