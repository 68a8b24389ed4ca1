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
  ['DisabledException', 'KEY_DISABLED'],
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
  // Nobody took a permission away: the credentials, the clock or the request are wrong.
  ['UnrecognizedClientException', 'KMS_UNAVAILABLE'],
  ['InvalidSignatureException', 'KMS_UNAVAILABLE'],
  ['IncompleteSignature', 'KMS_UNAVAILABLE'],
  ['InvalidClientTokenId', 'KMS_UNAVAILABLE'],
  ['InvalidGrantTokenException', 'KMS_UNAVAILABLE'],
  ['MissingAuthenticationTokenException', 'KMS_UNAVAILABLE'],
  ['NotAuthorizedException', 'KMS_UNAVAILABLE'],
  ['OptInRequired', 'KMS_UNAVAILABLE'],
  ['AccessDenied', 'KMS_UNAVAILABLE'],
  ['SomethingNewException', 'KMS_UNAVAILABLE'],
  ['KMSInvalidStateException', 'KMS_UNAVAILABLE'],
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
  expect(error).toMatchObject({ code: 'KMS_UNAVAILABLE', retryable: true });
  expect(error.message).toContain('AWS_SECRET_ACCESS_KEY');
});

describe('KMSInvalidStateException', () => {
  it.each([
    ['arn:aws:kms:eu-west-2:111122223333:key/1 is pending deletion.', 'KEY_DISABLED'],
    ['arn:aws:kms:eu-west-2:111122223333:key/mrk-1 is pending replica deletion.', 'KEY_DISABLED'],
    ['arn:aws:kms:eu-west-2:111122223333:key/1 is pending import.', 'KMS_UNAVAILABLE'],
    ['AWS KMS rejected the request because the external key store proxy did not respond in time.', 'KMS_UNAVAILABLE'],
    ['The custom key store is DISCONNECTED, and an earlier key is pending deletion.', 'KMS_UNAVAILABLE'],
    ['', 'KMS_UNAVAILABLE'],
  ])('that says %j is %s', async (message, code) => {
    const kms = await startKms();
    kms.setFault('GenerateDataKey', { exception: 'KMSInvalidStateException', message });
    const error = await errorOf(createCrypterer(kms));
    expect(error.code).toBe(code);
    expect(error.message).toContain(code === 'KEY_DISABLED' ? 'pending deletion' : 'key store');
    if (message !== '') expect(error.message).not.toContain(message);
  });

  it('of a key that is really pending deletion is KEY_DISABLED', async () => {
    const kms = await startKms();
    kms.scheduleKeyDeletion(KEY_ID);
    expect(await codeOf(createCrypterer(kms))).toBe('KEY_DISABLED');
  });
});

describe('an error of what hands out credentials', () => {
  it.each([
    'AccessDeniedException',
    'AccessDenied',
    'NotFoundException',
    'DisabledException',
    'InvalidCiphertextException',
    'ValidationException',
    'ThrottlingException',
    'IDPCommunicationErrorException',
    'ExpiredTokenException',
  ])('of the name %s is KMS_UNAVAILABLE: it is not the word of AWS KMS, which was not asked', async (name) => {
    const kms = await startKms();
    const credentials = async () => {
      throw Object.assign(new Error('No.'), { name, $fault: 'client', $metadata: { httpStatusCode: 400 } });
    };
    const error = await errorOf(createAwsKmsCrypterer({ client: clientOf(kms, { credentials }), keyId: KEY_ID }));
    expect(error).toMatchObject({ code: 'KMS_UNAVAILABLE', retryable: true, cause: { name, status: 400 } });
    expect(error.message).toContain('credentials');
    expect(error.message).toContain(name);
    expect(kms.countCalls()).toBe(0);
  });

  it('that comes when the SDK repeats a call is not taken for the answer before it', async () => {
    const kms = await startKms();
    let calls = 0;
    const credentials = async () => {
      calls += 1;
      const expiration = new Date(Date.now() - 1);
      if (calls === 1) return { accessKeyId: 'a', secretAccessKey: 'b', expiration };
      throw Object.assign(new Error('No.'), { name: 'AccessDeniedException', $metadata: { httpStatusCode: 400 } });
    };
    kms.setFault('GenerateDataKey', { status: 503 });
    const client = clientOf(kms, { credentials, maxAttempts: 3 });
    const error = await errorOf(createAwsKmsCrypterer({ client, keyId: KEY_ID, requestTimeout: 30_000 }));
    expect([error.code, error.cause?.name]).toEqual(['KMS_UNAVAILABLE', 'AccessDeniedException']);
    expect(calls).toBeGreaterThan(1);
  });
});

describe('the Region is named', () => {
  it.each(['AccessDeniedException', 'NotFoundException', 'DisabledException'])(
    'with %s: that of the client',
    async (exception) => {
      const kms = await startKms();
      kms.setFault('*', { exception });
      const client = clientOf(kms, { region: 'ap-southeast-1' });
      expect((await errorOf(createCrypterer(kms, { client }))).message).toContain('ap-southeast-1');
    },
  );

  it('and that of the key, if the client calls another', async () => {
    const kms = await startKms();
    kms.setFault('*', { exception: 'AccessDeniedException' });
    const client = clientOf(kms, { region: 'ap-southeast-1' });
    const { message } = await errorOf(createCrypterer(kms, { client, keyId: kms.arnOf(KEY_ID) }));
    expect(message).toContain('in the Region ap-southeast-1, while the key is in eu-west-2');
  });

  it('from the ARN, if the client does not say', async () => {
    const client = {
      send: async () => {
        throw Object.assign(new Error('No.'), { name: 'AccessDeniedException' });
      },
    };
    const keyId = 'arn:aws:kms:eu-west-3:111122223333:key/6b3f0c9e-4d0e-4d52-9f0b-0a7a8f6d2c11';
    const error = await errorOf(createAwsKmsCrypterer({ client, keyId }));
    expect(error.code).toBe('KMS_DENIED');
    expect(error.message).toContain('in the Region eu-west-3');
  });
});

it('an error with getters that throw ends in a coded error', async () => {
  const hostile = [
    new Proxy(
      {},
      {
        get: () => {
          throw new Error('No.');
        },
      },
    ),
    new Proxy(new Error('No.'), {
      getPrototypeOf: () => {
        throw new Error('No.');
      },
    }),
    Object.defineProperty(new Error('No.'), '$metadata', {
      get: () => {
        throw new Error('No.');
      },
    }),
    undefined,
    'text',
  ];
  for (const thrown of hostile) {
    const client = { send: () => Promise.reject(thrown) };
    expect(await codeOf(createAwsKmsCrypterer({ client, keyId: KEY_ID }))).toBe('KMS_UNAVAILABLE');
  }
});
