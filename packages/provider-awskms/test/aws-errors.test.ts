import { KMSClient } from '@aws-sdk/client-kms';
import type { ErrorCode } from '@sqlcrypter/core';
import { describe, expect, it } from 'vitest';
import { createAwsKmsCrypterer } from '../src/index.js';
import { codeOf, errorOf } from './support/error-code.js';
import { startServer } from './support/http-server.js';
import { clientOf, createCrypterer, startKms } from './support/local-kms.js';

const KEY_ID = 'alias/sqlcrypter';

/** Exceptions of AWS and their code on GenerateDataKey and on Decrypt. */
const EXCEPTIONS: [exception: string, onGenerate: ErrorCode, onDecrypt?: ErrorCode][] = [
  ['AccessDeniedException', 'KMS_DENIED'],
  ['UnrecognizedClientException', 'KMS_DENIED'],
  ['InvalidSignatureException', 'KMS_DENIED'],
  ['IncompleteSignature', 'KMS_DENIED'],
  ['InvalidClientTokenId', 'KMS_DENIED'],
  ['InvalidGrantTokenException', 'KMS_DENIED'],
  ['MissingAuthenticationTokenException', 'KMS_DENIED'],
  ['NotAuthorizedException', 'KMS_DENIED'],
  ['OptInRequired', 'KMS_DENIED'],
  ['SomethingNewException', 'KMS_DENIED'],
  ['DisabledException', 'KEY_DISABLED'],
  ['KMSInvalidStateException', 'KEY_DISABLED'],
  ['NotFoundException', 'KEY_NOT_FOUND'],
  ['IncorrectKeyException', 'KMS_WRONG_KEY'],
  ['InvalidCiphertextException', 'KMS_INVALID_BLOB'],
  ['InvalidKeyUsageException', 'CONFIG'],
  ['UnsupportedOperationException', 'CONFIG'],
  ['InvalidArnException', 'CONFIG'],
  ['ValidationException', 'CONFIG', 'KMS_INVALID_BLOB'],
  ['ThrottlingException', 'KMS_THROTTLED'],
  ['TooManyRequestsException', 'KMS_THROTTLED'],
  ['RequestLimitExceeded', 'KMS_THROTTLED'],
  ['LimitExceededException', 'KMS_THROTTLED'],
  ['KeyUnavailableException', 'KMS_UNAVAILABLE'],
  ['KMSInternalException', 'KMS_UNAVAILABLE'],
  ['DependencyTimeoutException', 'KMS_UNAVAILABLE'],
  ['InternalFailureException', 'KMS_UNAVAILABLE'],
  ['ServiceUnavailableException', 'KMS_UNAVAILABLE'],
  // Nobody took a permission away: the credentials could not be had in time.
  ['ExpiredTokenException', 'KMS_UNAVAILABLE'],
  ['ExpiredToken', 'KMS_UNAVAILABLE'],
  ['RequestExpired', 'KMS_UNAVAILABLE'],
];

describe('an exception of AWS', () => {
  it.each(EXCEPTIONS)('%s is answered by %s', async (exception, onGenerate, onDecrypt = onGenerate) => {
    const kms = await startKms();
    const ciphertext = await (await createCrypterer(kms)).encrypt(Buffer.from('value'));
    const reader = await createCrypterer(kms, { generate: 'first-use' });
    kms.setFault('*', { exception });
    const calls = [
      [() => reader.encrypt(Buffer.from('value')), onGenerate],
      [() => reader.decrypt(ciphertext), onDecrypt],
    ] as const;
    for (const [call, code] of calls) {
      const error = await errorOf(call);
      expect(error.code).toBe(code);
      expect(error.keyRef).toBe(KEY_ID);
      expect(error.cause).toEqual({
        name: exception,
        status: expect.any(Number),
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      });
    }
  });

  it('that denies access names the action and the key, so that the policy can be mended', async () => {
    const kms = await startKms();
    kms.setFault('GenerateDataKey', { exception: 'AccessDeniedException' });
    const error = await errorOf(createCrypterer(kms));
    expect(error.message).toContain('kms:GenerateDataKey');
    expect(error.message).toContain(KEY_ID);
  });

  it('with a name that is no name does not bring it into the cause', async () => {
    const name = 'the key is AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=';
    const server = await startServer((_request, response) => {
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify({ __type: name }));
    });
    const error = await errorOf(createAwsKmsCrypterer({ client: clientOf(server), keyId: KEY_ID }));
    expect(JSON.stringify(error)).not.toContain('AAECAwQF');
    expect(error.code).toBe('KMS_UNAVAILABLE');
  });
});

describe('what is no answer of AWS at all is KMS_UNAVAILABLE, so that nothing is taken for revoked', () => {
  it.each([
    [200, '<html>captive portal</html>'],
    [302, ''],
    [400, 'Bad Request'],
    [403, '<html>Forbidden by the proxy</html>'],
    [404, '<html>Not found</html>'],
    [407, ''],
    [500, ''],
    [502, '<html>Bad gateway</html>'],
    [503, '{'],
  ])('status %i with %j', async (status, body) => {
    const server = await startServer((_request, response) => {
      response.writeHead(status, { 'content-type': 'text/html' }).end(body);
    });
    expect(await codeOf(createAwsKmsCrypterer({ client: clientOf(server), keyId: KEY_ID }))).toBe('KMS_UNAVAILABLE');
  });

  it.each(['{}', '{"Plaintext":"AAAA"}', '{"KeyId":"key","CiphertextBlob":"AAAA"}', 'null', '[]'])(
    'the answer %j without a data key',
    async (body) => {
      const server = await startServer((_request, response) => {
        response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(body);
      });
      expect(await codeOf(createAwsKmsCrypterer({ client: clientOf(server), keyId: KEY_ID }))).toBe('KMS_UNAVAILABLE');
    },
  );

  it('status 429 is KMS_THROTTLED', async () => {
    const server = await startServer((_request, response) => response.writeHead(429).end());
    expect(await codeOf(createAwsKmsCrypterer({ client: clientOf(server), keyId: KEY_ID }))).toBe('KMS_THROTTLED');
  });

  it('nobody listens', async () => {
    const kms = await startKms();
    await kms.close();
    const error = await errorOf(createAwsKmsCrypterer({ client: clientOf(kms), keyId: KEY_ID }));
    expect(error.code).toBe('KMS_UNAVAILABLE');
    expect(error.retryable).toBe(true);
  });

  it('the SDK has no credentials, and the message says so', async () => {
    const kms = await startKms();
    const credentials = () => {
      throw Object.assign(new Error('no credentials'), { name: 'CredentialsProviderError' });
    };
    const error = await errorOf(createAwsKmsCrypterer({ client: clientOf(kms, { credentials }), keyId: KEY_ID }));
    expect(error.code).toBe('KMS_UNAVAILABLE');
    expect(error.message).toContain('credentials');
    expect(error.cause).toEqual({ name: 'CredentialsProviderError' });
    expect(kms.countCalls()).toBe(0);
  });
});

it.each(['constructor', 'toString', 'hasOwnProperty'])(
  'an error of the name %s, which every object has, is none of AWS',
  async (name) => {
    const send = async () => {
      throw Object.assign(new Error('x'), { name });
    };
    expect(await codeOf(createAwsKmsCrypterer({ client: { send }, keyId: KEY_ID }))).toBe('KMS_UNAVAILABLE');
  },
);

it('a Region that nothing names is CONFIG, which no retry cures', async () => {
  const client = new KMSClient({
    region: () => Promise.reject<string>(new Error('Region is missing')),
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  const error = await errorOf(createAwsKmsCrypterer({ client, keyId: KEY_ID }));
  expect([error.code, error.retryable]).toEqual(['CONFIG', false]);
  expect(error.message).toContain('AWS_REGION');
});

it('a server that is not there is told by its network error', async () => {
  const client = new KMSClient({
    endpoint: 'http://127.0.0.1:9',
    region: 'eu-west-2',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
  });
  const error = await errorOf(createAwsKmsCrypterer({ client, keyId: KEY_ID, requestTimeout: 60_000 }));
  expect(error.code).toBe('KMS_UNAVAILABLE');
  expect(error.cause?.name).toBe('ECONNREFUSED');
});

it('credentials that AWS does not know are told from a permission that is missing', async () => {
  const kms = await startKms();
  kms.setFault('*', { exception: 'UnrecognizedClientException' });
  const error = await errorOf(createCrypterer(kms));
  expect(error.code).toBe('KMS_DENIED');
  expect(error.message).toContain('AWS_SECRET_ACCESS_KEY');
});
