import type { ErrorCode } from '@sqlcrypter/core';
import { createKeyTable, keyTableSql } from '@sqlcrypter/key-table';
import type { Fault } from '@sqlcrypter/local-kms';
import sqlite from 'node-sqlite3-wasm';
import { describe, expect, it, vi } from 'vitest';
import type { AwsKmsCryptererOptions } from '../src/index.js';
import { errorOf, outcomeOf } from './support/error-code.js';
import { DAY, fakeClocks, HOUR } from './support/fake-time.js';
import { clientOf, createCrypterer, startKms } from './support/local-kms.js';
import { whenTestEnds } from './support/when-test-ends.js';

const value = Buffer.from('value');
const ARN = 'arn:aws:kms:eu-west-2:111122223333:key/1';

/** What goes wrong: an answer of the KMS, or an error of what hands out credentials. */
type Trouble = { readonly fault: Fault } | { readonly credentials: string };

const answers = (exception: string, message?: string): Trouble => ({
  fault: { exception, ...(message !== undefined && { message }) },
});

const OUTAGES: Readonly<Record<string, Trouble>> = {
  'the connection is cut': { fault: { cut: true } },
  'the KMS hangs': { fault: { hang: true } },
  'the KMS throttles': { fault: { throttleRate: 1 } },
  'status 500': { fault: { status: 500 } },
  'status 503': { fault: { status: 503 } },
  'broken JSON': { fault: { garbageJson: true } },
  KMSInternalException: answers('KMSInternalException'),
  DependencyTimeoutException: answers('DependencyTimeoutException'),
  KeyUnavailableException: answers('KeyUnavailableException'),
  LimitExceededException: answers('LimitExceededException'),
  'a signature of another time': answers('InvalidSignatureException', 'Signature expired: 20260101T000000Z'),
  UnrecognizedClientException: answers('UnrecognizedClientException'),
  ExpiredTokenException: answers('ExpiredTokenException'),
  RequestExpired: answers('RequestExpired'),
  IncompleteSignature: answers('IncompleteSignature'),
  MissingAuthenticationTokenException: answers('MissingAuthenticationTokenException'),
  InvalidGrantTokenException: answers('InvalidGrantTokenException'),
  OptInRequired: answers('OptInRequired'),
  'an exception that nobody knows': answers('SomethingNewException'),
  'an external key store that does not answer': answers(
    'KMSInvalidStateException',
    'AWS KMS rejected the request because the external key store proxy did not respond in time.',
  ),
  'a custom key store that is disconnected': answers('KMSInvalidStateException', `${ARN}: its store is DISCONNECTED.`),
  'key material that is pending import': answers('KMSInvalidStateException', `${ARN} is pending import.`),
  'credentials: IDPCommunicationErrorException': { credentials: 'IDPCommunicationErrorException' },
  'credentials: InvalidIdentityTokenException': { credentials: 'InvalidIdentityTokenException' },
  'credentials: AccessDenied of STS': { credentials: 'AccessDenied' },
  'credentials: AccessDeniedException of SSO': { credentials: 'AccessDeniedException' },
  'credentials: NotFoundException': { credentials: 'NotFoundException' },
  'credentials: ExpiredTokenException': { credentials: 'ExpiredTokenException' },
  'credentials: CredentialsProviderError': { credentials: 'CredentialsProviderError' },
};

const REVOCATIONS: Readonly<Record<string, readonly [Trouble, ErrorCode]>> = {
  AccessDeniedException: [answers('AccessDeniedException'), 'KMS_DENIED'],
  DisabledException: [answers('DisabledException'), 'KEY_DISABLED'],
  NotFoundException: [answers('NotFoundException'), 'KEY_NOT_FOUND'],
  'pending deletion': [answers('KMSInvalidStateException', `${ARN} is pending deletion.`), 'KEY_DISABLED'],
};

/** A KMS, and a client whose credentials must be fetched anew for each call. */
async function startTrouble() {
  const kms = await startKms();
  let failing: string | undefined;
  const credentials = async () => {
    if (failing === undefined) {
      return { accessKeyId: 'a', secretAccessKey: 'b', expiration: new Date(Date.now() + 1) };
    }
    throw Object.assign(new Error('No.'), { name: failing, $fault: 'client', $metadata: { httpStatusCode: 400 } });
  };
  const begin = (trouble: Trouble) => {
    if ('fault' in trouble) kms.setFault('*', trouble.fault);
    else failing = trouble.credentials;
  };
  const hangs = (trouble: Trouble) => 'fault' in trouble && trouble.fault.hang === true;
  const open = (trouble: Trouble, options: Partial<AwsKmsCryptererOptions> = {}) =>
    createCrypterer(kms, {
      client: clientOf(kms, { credentials }),
      keyId: kms.arnOf('alias/sqlcrypter'),
      requestTimeout: hangs(trouble) ? 400 : 30_000,
      ...options,
    });
  return { kms, begin, open };
}

/** Until what a use started in the background has ended. */
const aWhile = (trouble: Trouble) =>
  new Promise((resolve) => setTimeout(resolve, 'fault' in trouble && trouble.fault.hang ? 450 : 30));

function openTable() {
  const database = new sqlite.Database(':memory:');
  for (const statement of keyTableSql('sqlite')) database.exec(statement);
  whenTestEnds(() => database.close());
  return createKeyTable({
    sqlite: {
      all: async (sql: string, parameters: unknown[]) => database.all(sql, parameters as sqlite.JSValue[]),
      prepare: () => undefined as never,
    } as never,
  });
}

describe.each(Object.entries(OUTAGES))('an outage: %s', (_, trouble) => {
  it('takes no key from a reader that has it', async () => {
    const { kms, begin, open } = await startTrouble();
    const ciphertext = await (await createCrypterer(kms)).encrypt(value);
    const reader = await open(trouble, { generate: 'never' });
    await reader.decrypt(ciphertext);
    fakeClocks();
    begin(trouble);
    for (let hour = 0; hour < 3; hour++) {
      vi.advanceTimersByTime(2 * HOUR);
      expect(reader.decryptSync(ciphertext)).toEqual(value);
      await aWhile(trouble);
      expect(await reader.decrypt(ciphertext)).toEqual(value);
    }
    expect(reader.stats().events).toMatchObject({ evicted: 0, refresh: 0 });
  });

  it('is retryable for a reader that does not, and over when it is over', async () => {
    const { kms, begin, open } = await startTrouble();
    const ciphertext = await (await createCrypterer(kms)).encrypt(value);
    const reader = await open(trouble, { generate: 'never' });
    begin(trouble);
    for (let i = 0; i < 2; i++) expect(await errorOf(reader.decrypt(ciphertext))).toMatchObject({ retryable: true });
    if ('credentials' in trouble) return;
    kms.clearFaults();
    expect(await reader.decrypt(ciphertext)).toEqual(value);
  });

  it('lets a writer read what it writes', async () => {
    const { begin, open } = await startTrouble();
    fakeClocks();
    const writer = await open(trouble);
    begin(trouble);
    vi.advanceTimersByTime(DAY);
    for (let hour = 0; hour < 3; hour++) {
      vi.advanceTimersByTime(2 * HOUR);
      expect(writer.decryptSync(writer.encryptSync(value))).toEqual(value);
      await aWhile(trouble);
      expect(await writer.decrypt(await writer.encrypt(value))).toEqual(value);
    }
    expect(writer.stats().events.evicted).toBe(0);
  });

  it('lets a writer with a key table read what it writes', async () => {
    const { begin, open } = await startTrouble();
    fakeClocks();
    const writer = await open(trouble, { store: openTable() });
    begin(trouble);
    vi.advanceTimersByTime(DAY + HOUR);
    const checked = writer.checkRevocations();
    await aWhile(trouble);
    await checked;
    expect(await writer.decrypt(await writer.encrypt(value))).toEqual(value);
    expect(writer.stats()).toMatchObject({ branchKeys: 1, events: { evicted: 0 } });
  });
});

describe.each(Object.entries(REVOCATIONS))('a revocation: %s', (_, [trouble, code]) => {
  it('takes the key from a reader', async () => {
    const { kms, begin, open } = await startTrouble();
    const ciphertext = await (await createCrypterer(kms)).encrypt(value);
    const reader = await open(trouble, { generate: 'never' });
    await reader.decrypt(ciphertext);
    fakeClocks();
    begin(trouble);
    vi.advanceTimersByTime(2 * HOUR);
    reader.decryptSync(ciphertext);
    await vi.waitUntil(() => reader.stats().events.evicted === 1, { timeout: 20_000 });
    expect(await errorOf(reader.decrypt(ciphertext))).toMatchObject({ code, retryable: false });
  });

  it('takes it from a writer for reading and writing alike', async () => {
    const { begin, open } = await startTrouble();
    fakeClocks();
    const writer = await open(trouble);
    const before = await writer.encrypt(value);
    begin(trouble);
    vi.advanceTimersByTime(DAY);
    const latest = writer.encryptSync(value);
    const isTaken = async () => {
      await outcomeOf(() => writer.decryptSync(latest));
      return writer.stats().events.evicted === 1;
    };
    await vi.waitUntil(isTaken, { timeout: 20_000 });
    expect(await outcomeOf(writer.encrypt(value))).toBe(code);
    for (const ciphertext of [before, latest]) expect(await outcomeOf(writer.decrypt(ciphertext))).toBe(code);
  });

  it('takes it from a writer with a key table for reading and writing alike', async () => {
    const { begin, open } = await startTrouble();
    fakeClocks();
    const writer = await open(trouble, { store: openTable() });
    const before = await writer.encrypt(value);
    begin(trouble);
    vi.advanceTimersByTime(DAY + HOUR);
    await writer.checkRevocations();
    expect(await outcomeOf(writer.encrypt(value))).toBe(code);
    expect(await outcomeOf(writer.decrypt(before))).toBe(code);
    expect(writer.stats().branchKeys).toBe(0);
  });
});
