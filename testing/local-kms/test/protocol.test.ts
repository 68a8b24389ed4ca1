import { describe, expect, it } from 'vitest';
import type { LocalKms } from '../src/index.js';
import { startKms } from './kms-client.js';

function post(kms: LocalKms, target: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(kms.endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target, ...headers },
    body,
  });
}

describe('the protocol', () => {
  it('is AWS JSON 1.1 with a request id of its own on every answer', async () => {
    const kms = await startKms();
    const answers = [
      await post(kms, 'TrentService.ListAliases', '{}'),
      await post(kms, 'TrentService.ListAliases', '{}'),
      await post(kms, 'TrentService.Decrypt', '{}'),
      await post(kms, 'TrentService.Nothing', '{}'),
      await fetch(kms.endpoint),
    ];
    const ids = answers.map((answer) => answer.headers.get('x-amzn-requestid'));
    expect(new Set(ids).size).toBe(answers.length);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f-]{36}$/);
    for (const answer of answers.slice(0, 4)) {
      expect(answer.headers.get('content-type')).toBe('application/x-amz-json-1.1');
    }
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 400, 400, 405]);
    expect(answers[4]?.headers.get('allow')).toBe('POST');
  });

  it('answers operations that have no result with an empty body', async () => {
    const kms = await startKms();
    const answer = await post(kms, 'TrentService.DisableKey', JSON.stringify({ KeyId: kms.arnOf('alias/sqlcrypter') }));
    expect([answer.status, await answer.text()]).toEqual([200, '']);
  });

  it('names the served operations where another is asked for', async () => {
    const kms = await startKms();
    for (const target of ['TrentService.Sign', 'Other.Decrypt', 'Decrypt.Other', 'TrentService.toString', '']) {
      const answer = await post(kms, target, '{}');
      expect(await answer.json()).toMatchObject({
        __type: 'UnknownOperationException',
        message: expect.stringContaining('GenerateDataKey'),
      });
    }
  });

  it.each([
    ['broken JSON', 'Decrypt', '{"CiphertextBlob":', 'SerializationException'],
    ['no body', 'Decrypt', '', 'SerializationException'],
    ['null', 'Decrypt', 'null', 'SerializationException'],
    ['a list', 'Decrypt', '[]', 'SerializationException'],
    ['a blob that is not base64', 'Decrypt', '{"CiphertextBlob":"%%%"}', 'SerializationException'],
    ['a blob that is a number', 'Decrypt', '{"CiphertextBlob":1}', 'SerializationException'],
    ['a key id that is a number', 'DescribeKey', '{"KeyId":1}', 'SerializationException'],
    [
      'a context that is no map',
      'GenerateDataKey',
      '{"KeyId":"k","KeySpec":"AES_256","EncryptionContext":[]}',
      'SerializationException',
    ],
    [
      'a context of numbers',
      'GenerateDataKey',
      '{"KeyId":"k","KeySpec":"AES_256","EncryptionContext":{"a":1}}',
      'SerializationException',
    ],
    ['a fraction of bytes', 'GenerateDataKey', '{"KeyId":"k","NumberOfBytes":1.5}', 'SerializationException'],
    ['a flag that is text', 'CreateKey', '{"MultiRegion":"yes"}', 'SerializationException'],
    ['no blob', 'Decrypt', '{}', 'ValidationException'],
    ['no key', 'DescribeKey', '{}', 'ValidationException'],
    ['null for a key', 'DescribeKey', '{"KeyId":null}', 'ValidationException'],
    ['an empty key', 'DescribeKey', '{"KeyId":""}', 'ValidationException'],
    ['an endless key', 'DescribeKey', `{"KeyId":"${'k'.repeat(2049)}"}`, 'ValidationException'],
    ['no bytes', 'GenerateDataKey', '{"KeyId":"k","NumberOfBytes":0}', 'ValidationException'],
    ['too many bytes', 'GenerateDataKey', '{"KeyId":"k","NumberOfBytes":1025}', 'ValidationException'],
    ['an unknown key spec', 'GenerateDataKey', '{"KeyId":"k","KeySpec":"AES_512"}', 'ValidationException'],
    [
      'an asymmetric algorithm',
      'Encrypt',
      '{"KeyId":"k","Plaintext":"AA==","EncryptionAlgorithm":"RSAES_OAEP_SHA_1"}',
      'InvalidKeyUsageException',
    ],
  ])('refuses %s', async (_, operation, body, type) => {
    const answer = await post(await startKms(), `TrentService.${operation}`, body);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ __type: type, message: expect.any(String) });
  });

  it('takes null for absent, as clients of other languages send it', async () => {
    const kms = await startKms();
    const body = '{"KeyId":"alias/sqlcrypter","KeySpec":"AES_256","NumberOfBytes":null,"EncryptionContext":null}';
    expect((await post(kms, 'TrentService.GenerateDataKey', body)).status).toBe(200);
  });

  it('answers a dry run with the exception that says that it would have worked', async () => {
    const kms = await startKms();
    const body = '{"KeyId":"alias/sqlcrypter","KeySpec":"AES_256","DryRun":true}';
    const answer = await post(kms, 'TrentService.GenerateDataKey', body);
    expect(await answer.json()).toMatchObject({ __type: 'DryRunOperationException' });
    const failing = await post(kms, 'TrentService.GenerateDataKey', body.replace('sqlcrypter', 'nobody'));
    expect(await failing.json()).toMatchObject({ __type: 'NotFoundException' });
  });

  it('refuses a body that no request of KMS has', async () => {
    const answer = await post(await startKms(), 'TrentService.Decrypt', 'x'.repeat(1_048_577));
    expect(answer.status).toBe(413);
  });

  it('serves an unsigned request, and one signed for another service, in the Region of the KMS', async () => {
    const kms = await startKms({ region: 'us-east-1' });
    await post(kms, 'TrentService.ListAliases', '{}');
    await post(kms, 'TrentService.ListAliases', '{}', {
      authorization:
        'AWS4-HMAC-SHA256 Credential=AK/20260131/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0',
    });
    expect(kms.calls.map((call) => call.region)).toEqual(['us-east-1', 'us-east-1']);
  });
});
