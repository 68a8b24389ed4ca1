import { KMSClient } from '@aws-sdk/client-kms';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createAwsKmsCrypterer } from '../src/index.js';
import { codeOf, errorOf } from './support/error-code.js';
import { frameUnder, goFrameUnder } from './support/frames.js';
import { clientOf, createCrypterer, startKms } from './support/local-kms.js';

const ALIAS = 'alias/sqlcrypter';
const value = Buffer.from('999-00-1234');

describe('the key to encrypt under', () => {
  it('may be given as an alias, an alias ARN, a key id or a key ARN, and all read the same', async () => {
    const kms = await startKms();
    const arn = kms.arnOf(ALIAS);
    const id = arn.slice(arn.indexOf('key/') + 4);
    const names = [ALIAS, arn.replace(/key\/.*/, ALIAS), id, arn];
    const crypterers = await Promise.all(names.map((keyId) => createCrypterer(kms, { keyId })));
    for (const writer of crypterers) {
      const ciphertext = await writer.encrypt(value);
      for (const reader of crypterers) expect(await reader.decrypt(ciphertext)).toEqual(value);
    }
  });

  it('is never sent with Decrypt', async () => {
    const kms = await startKms();
    const ciphertext = await (await createCrypterer(kms)).encrypt(value);
    await (await createCrypterer(kms)).decrypt(ciphertext);
    expect(kms.calls.filter(({ operation }) => operation === 'Decrypt').map(({ keyId }) => keyId)).toEqual([undefined]);
  });

  it('does not exist: KEY_NOT_FOUND at the start', async () => {
    const kms = await startKms();
    expect(await codeOf(createCrypterer(kms, { keyId: 'alias/nobody' }))).toBe('KEY_NOT_FOUND');
    expect(await codeOf(createCrypterer(kms, { keyId: '00000000-0000-4000-8000-000000000000' }))).toBe('KEY_NOT_FOUND');
  });

  it.each(['key ARN', 'key id'])('given as a %s: an answer under another key is KMS_WRONG_KEY', async (form) => {
    const kms = await startKms();
    const arn = kms.arnOf(ALIAS);
    kms.setFault('GenerateDataKey', { foreignKeyId: true });
    const keyId = form === 'key ARN' ? arn : arn.slice(arn.indexOf('key/') + 4);
    expect(await codeOf(createCrypterer(kms, { keyId }))).toBe('KMS_WRONG_KEY');
  });
});

describe('a value under another key', () => {
  it('is KMS_WRONG_KEY, the error names the ARN, and listing that ARN makes it readable', async () => {
    const kms = await startKms();
    const earlier = kms.createKey();
    const ciphertext = await (await createCrypterer(kms, { keyId: earlier })).encrypt(value);

    const error = await errorOf((await createCrypterer(kms)).decrypt(ciphertext));
    expect(error.code).toBe('KMS_WRONG_KEY');
    expect(error.keyRef).toBe(earlier);
    expect(error.message).toContain(earlier);
    expect(error.message).toContain('decryptKeyArns');

    const reader = await createCrypterer(kms, { decryptKeyArns: [earlier] });
    expect(await reader.decrypt(ciphertext)).toEqual(value);
  });

  it('stays readable when decryptKeyArns repeats an ARN, or the key to encrypt under', async () => {
    const kms = await startKms();
    const [own, earlier] = [kms.arnOf(ALIAS), kms.createKey()];
    const ciphertext = await (await createCrypterer(kms, { keyId: earlier })).encrypt(value);
    for (const keyId of [own, ALIAS]) {
      const reader = await createCrypterer(kms, { keyId, decryptKeyArns: [own, earlier, own, earlier] });
      expect(await reader.decrypt(ciphertext)).toEqual(value);
      expect(await reader.decrypt(await reader.encrypt(value))).toEqual(value);
    }
  });

  it('costs one call for a minute, and nothing is cached', async () => {
    const kms = await startKms();
    const ciphertext = await (await createCrypterer(kms, { keyId: kms.createKey() })).encrypt(value);
    const reader = await createCrypterer(kms);
    for (let i = 0; i < 10; i++) expect(await codeOf(reader.decrypt(ciphertext))).toBe('KMS_WRONG_KEY');
    expect(await codeOf(() => reader.decryptSync(ciphertext))).toBe('KMS_WRONG_KEY');
    expect(kms.countCalls('Decrypt')).toBe(1);
    expect(reader.stats()).toMatchObject({ cachedKeys: 1, events: { negative: 10 } });
  });

  it('is refused where the KMS lies about the key, too', async () => {
    const kms = await startKms();
    const ciphertext = await (await createCrypterer(kms)).encrypt(value);
    const reader = await createCrypterer(kms);
    kms.setFault('Decrypt', { foreignKeyId: true });
    expect(await codeOf(reader.decrypt(ciphertext))).toBe('KMS_WRONG_KEY');
  });
});

describe('an alias that is pointed to another key', () => {
  it('leaves old values readable once the old ARN is listed, and the error before names it', async () => {
    const kms = await startKms();
    const oldArn = kms.arnOf(ALIAS);
    const old = await (await createCrypterer(kms)).encrypt(value);
    kms.updateAlias(ALIAS, kms.createKey());

    const error = await errorOf((await createCrypterer(kms)).decrypt(old));
    expect(error).toMatchObject({ code: 'KMS_WRONG_KEY', keyRef: oldArn });
    expect(error.message).toContain(oldArn);

    const after = await createCrypterer(kms, { decryptKeyArns: [oldArn] });
    expect(await after.decrypt(old)).toEqual(value);
    const fresh = await after.encrypt(value);
    expect(await (await createCrypterer(kms)).decrypt(fresh)).toEqual(value);
  });

  it('while a process runs: it reads both keys once it has renewed its data key', async () => {
    const kms = await startKms();
    const crypterer = await createCrypterer(kms, { dekLimits: { maxValues: 1 } });
    const old = await crypterer.encrypt(value);
    kms.updateAlias(ALIAS, kms.createKey());
    await crypterer.encrypt(value);
    await crypterer.encrypt(value);
    const fresh = await (await createCrypterer(kms)).encrypt(value);
    crypterer.forgetKeys();
    expect(await crypterer.decrypt(old)).toEqual(value);
    expect(await crypterer.decrypt(fresh)).toEqual(value);
  });
});

describe('a KMS key', () => {
  it('that is rotated leaves old values readable', async () => {
    const kms = await startKms();
    const old = await (await createCrypterer(kms)).encrypt(value);
    kms.rotateKey(ALIAS);
    const after = await createCrypterer(kms);
    expect(await after.decrypt(old)).toEqual(value);
    expect(await (await createCrypterer(kms)).decrypt(await after.encrypt(value))).toEqual(value);
  });

  it.each(['disableKey', 'scheduleKeyDeletion'] as const)(
    'after %s is KEY_DISABLED, for reading and at start',
    async (method) => {
      const kms = await startKms();
      const crypterer = await createCrypterer(kms);
      const ciphertext = await crypterer.encrypt(value);
      const reader = await createCrypterer(kms);
      kms[method](ALIAS);
      expect(await codeOf(reader.decrypt(ciphertext))).toBe('KEY_DISABLED');
      expect(await codeOf(createCrypterer(kms))).toBe('KEY_DISABLED');
      // What is in memory goes on: the key was there when it was asked for.
      expect(await crypterer.decrypt(await crypterer.encrypt(value))).toEqual(value);
    },
  );

  it('that is disabled and enabled again is readable again, without a restart', async () => {
    const kms = await startKms();
    const ciphertext = await (await createCrypterer(kms)).encrypt(value);
    const reader = await createCrypterer(kms);
    kms.disableKey(ALIAS);
    expect(await codeOf(reader.decrypt(ciphertext))).toBe('KEY_DISABLED');
    kms.enableKey(ALIAS);
    // For five seconds the answer is remembered; the test does not wait for them.
    expect(await codeOf(reader.decrypt(ciphertext))).toBe('KEY_DISABLED');
    reader.forgetKeys();
    expect(await reader.decrypt(ciphertext)).toEqual(value);
  });
});

describe('a multi-Region key', () => {
  const REPLICA_REGION = 'us-east-1';

  it('is one key in every Region: values move between them, whatever the ARN says', async () => {
    const kms = await startKms();
    const primaryArn = kms.createKey({ multiRegion: true });
    const replicaArn = kms.replicateKey(primaryArn, REPLICA_REGION);
    expect(replicaArn).not.toBe(primaryArn);
    const here = await createCrypterer(kms, { keyId: primaryArn });
    const there = await createCrypterer(kms, { keyId: replicaArn, client: clientOf(kms, { region: REPLICA_REGION }) });
    expect(await there.decrypt(await here.encrypt(value))).toEqual(value);
    expect(await here.decrypt(await there.encrypt(value))).toEqual(value);
  });

  it('is listed once in decryptKeyArns, with the ARN of any Region', async () => {
    const kms = await startKms();
    const primaryArn = kms.createKey({ multiRegion: true });
    const replicaArn = kms.replicateKey(primaryArn, REPLICA_REGION);
    const ciphertext = await (await createCrypterer(kms, { keyId: primaryArn })).encrypt(value);
    const reader = await createCrypterer(kms, { decryptKeyArns: [replicaArn] });
    expect(await reader.decrypt(ciphertext)).toEqual(value);
  });

  it('is not another multi-Region key, nor a key of the same id in another account', async () => {
    const kms = await startKms();
    const keyId = 'mrk-00000000000000000000000000000001';
    const arn = kms.createKey({ keyId });
    const other = kms.createKey({ multiRegion: true });
    const ciphertext = await (await createCrypterer(kms, { keyId: arn })).encrypt(value);
    const foreign = arn.replace(kms.accountId, '999999999999');
    const reader = await createCrypterer(kms, { decryptKeyArns: [other, foreign] });
    expect(await codeOf(reader.decrypt(ciphertext))).toBe('KMS_WRONG_KEY');
  });

  it('is recognised by its id alone: a key of one Region in another Region is another key', async () => {
    const kms = await startKms();
    const arn = kms.arnOf(ALIAS);
    const ciphertext = await (await createCrypterer(kms)).encrypt(value);
    const keyId = kms.createKey();
    const reader = await createCrypterer(kms, { keyId, decryptKeyArns: [arn.replace(kms.region, REPLICA_REGION)] });
    expect(await codeOf(reader.decrypt(ciphertext))).toBe('KMS_WRONG_KEY');
  });
});

describe('a process that only reads', () => {
  it("with generate: 'never' needs the ARN, and never asks for a data key", async () => {
    const kms = await startKms();
    const ciphertext = await (await createCrypterer(kms)).encrypt(value);
    kms.clearCalls();
    kms.setFault('GenerateDataKey', { exception: 'AccessDeniedException' });
    for (const options of [{ keyId: kms.arnOf(ALIAS) }, { keyId: ALIAS, decryptKeyArns: [kms.arnOf(ALIAS)] }]) {
      const reader = await createCrypterer(kms, { ...options, generate: 'never' });
      expect(await reader.decrypt(ciphertext)).toEqual(value);
    }
    expect(kms.countCalls('GenerateDataKey')).toBe(0);
  });
});

describe("with generate: 'first-use' and an alias", () => {
  it('the first read asks once which key the alias means, however many values come at once', async () => {
    const kms = await startKms();
    const ciphertexts = await Promise.all(
      Array.from({ length: 20 }, async () => (await createCrypterer(kms)).encrypt(value)),
    );
    kms.clearCalls();
    kms.setFault('GenerateDataKey', { latency: 20 });
    const reader = await createCrypterer(kms, { generate: 'first-use' });
    expect(kms.countCalls()).toBe(0);
    await Promise.all(ciphertexts.map((ciphertext) => reader.decrypt(ciphertext)));
    expect(kms.countCalls('Decrypt')).toBe(20);
    expect(kms.countCalls('GenerateDataKey')).toBe(1);
  });

  it('a value under another key is still refused', async () => {
    const kms = await startKms();
    const ciphertext = await (await createCrypterer(kms, { keyId: kms.createKey() })).encrypt(value);
    const reader = await createCrypterer(kms, { generate: 'first-use' });
    expect(await codeOf(reader.decrypt(ciphertext))).toBe('KMS_WRONG_KEY');
  });

  it('the reader waits for no key of its own where the ARN is given', async () => {
    const kms = await startKms();
    const ciphertext = await (await createCrypterer(kms)).encrypt(value);
    kms.clearCalls();
    const reader = await createCrypterer(kms, { generate: 'first-use', keyId: kms.arnOf(ALIAS) });
    expect(await reader.decrypt(ciphertext)).toEqual(value);
    expect(kms.countCalls('GenerateDataKey')).toBe(0);
  });
});

describe('the KMS encryption context', () => {
  const encryptionContext = { application: 'payroll', stage: 'production' };

  it('goes to both calls and is needed again', async () => {
    const kms = await startKms({ authenticateArn: true });
    const ciphertext = await (await createCrypterer(kms, { encryptionContext })).encrypt(value);
    const reader = await createCrypterer(kms, { encryptionContext: { stage: 'production', application: 'payroll' } });
    expect(await reader.decrypt(ciphertext)).toEqual(value);
    expect(kms.calls.map((call) => call.encryptionContext)).toEqual([
      encryptionContext,
      encryptionContext,
      encryptionContext,
    ]);
    for (const wrong of [undefined, {}, { application: 'payroll' }, { ...encryptionContext, stage: 'test' }]) {
      const other = await createCrypterer(kms, wrong === undefined ? {} : { encryptionContext: wrong });
      expect(await codeOf(other.decrypt(ciphertext))).toBe('KMS_INVALID_BLOB');
    }
  });

  it('is left out for frames of the Go library, which knows none', async () => {
    const kms = await startKms();
    const dek = Buffer.alloc(32, 7);
    const goFrame = goFrameUnder(dek, kms.wrap(ALIAS, dek));
    const reader = await createCrypterer(kms, { encryptionContext, goFrames: 'read' });
    expect((await reader.decrypt(goFrame)).toString()).toBe('value');
    const own = await reader.encrypt(value);
    reader.forgetKeys();
    expect(await reader.decrypt(own)).toEqual(value);
    expect(kms.calls.map((call) => call.encryptionContext)).toEqual([encryptionContext, undefined, encryptionContext]);
  });

  it('keeps a Go frame and a v1 frame apart that carry the same wrapped key', async () => {
    const kms = await startKms();
    const dek = Buffer.alloc(32, 7);
    const wrapped = kms.wrap(ALIAS, dek);
    const reader = await createCrypterer(kms, { encryptionContext, goFrames: 'read' });
    expect((await reader.decrypt(goFrameUnder(dek, wrapped))).toString()).toBe('value');
    // Wrapped without the context, so a v1 frame with it was not made by this application.
    expect(await codeOf(reader.decrypt(frameUnder(dek, wrapped)))).toBe('KMS_INVALID_BLOB');
  });
});

describe('the client', () => {
  beforeEach(() => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
    return () => vi.unstubAllEnvs();
  });

  it('is the application’s own, and stays open when the crypterer is closed', async () => {
    const kms = await startKms();
    const client = clientOf(kms);
    const first = await createAwsKmsCrypterer({ client, keyId: ALIAS });
    await first.close();
    const second = await createAwsKmsCrypterer({ client, keyId: ALIAS });
    expect(await second.decrypt(await second.encrypt(value))).toEqual(value);
    await second.close();
  });

  it('is by default one with the usual configuration, in the Region of the key ARN', async () => {
    const kms = await startKms();
    vi.stubEnv('AWS_ENDPOINT_URL_KMS', kms.endpoint);
    vi.stubEnv('AWS_REGION', 'us-west-2');
    const arn = kms.createKey({ region: 'ap-southeast-1' });
    const crypterer = await createAwsKmsCrypterer({ keyId: arn });
    await crypterer.encrypt(value);
    await crypterer.close();
    expect(kms.calls.map(({ region }) => region)).toEqual(['ap-southeast-1']);
  });

  it('is closed with the crypterer if it is the default one', async () => {
    const kms = await startKms();
    vi.stubEnv('AWS_ENDPOINT_URL_KMS', kms.endpoint);
    const destroy = KMSClient.prototype.destroy;
    let destroyed = 0;
    KMSClient.prototype.destroy = function (this: KMSClient) {
      destroyed += 1;
      return destroy.call(this);
    };
    try {
      const crypterer = await createAwsKmsCrypterer({ keyId: kms.arnOf(ALIAS) });
      await crypterer.close();
      const unused = await createAwsKmsCrypterer({ keyId: kms.arnOf(ALIAS), generate: 'first-use' });
      await unused.close();
    } finally {
      KMSClient.prototype.destroy = destroy;
    }
    expect(destroyed).toBe(1);
  });
});
