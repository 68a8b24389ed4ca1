import { DecryptCommand, DescribeKeyCommand, GenerateDataKeyCommand } from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import type { Fault, LocalKms } from '../src/index.js';
import { bytes, clientOf, startKms } from './kms-client.js';

const KeyId = 'alias/sqlcrypter';
const generateCommand = () => new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' });
const describeCommand = () => new DescribeKeyCommand({ KeyId });

/** A KMS whose GenerateDataKey has a fault, and a call of it. */
async function faulty(fault: Fault) {
  const kms = await startKms();
  kms.setFault('GenerateDataKey', fault);
  const client = clientOf(kms);
  return { kms, client, generate: () => client.send(generateCommand()) };
}

/** The names of the errors of calls one after another; '' for a success. */
async function outcomes(count: number, call: () => Promise<unknown>): Promise<string[]> {
  const names: string[] = [];
  for (let n = 0; n < count; n += 1) {
    names.push(
      await call().then(
        () => '',
        (error: Error) => error.name,
      ),
    );
  }
  return names;
}

describe('faults', () => {
  it.each<[Fault, string, number]>([
    [{ exception: 'AccessDeniedException' }, 'AccessDeniedException', 400],
    [{ exception: 'ThrottlingException' }, 'ThrottlingException', 400],
    [{ exception: 'KeyUnavailableException' }, 'KeyUnavailableException', 500],
    [{ exception: 'KMSInternalException' }, 'KMSInternalException', 500],
    [{ exception: 'DependencyTimeoutException' }, 'DependencyTimeoutException', 503],
    [{ exception: 'LimitExceededException' }, 'LimitExceededException', 400],
    [{ status: 500 }, 'InternalFailureException', 500],
    [{ status: 503 }, 'ServiceUnavailableException', 503],
  ])('%o answer with the exception and its status', async (fault, name, httpStatusCode) => {
    const { kms, generate } = await faulty(fault);
    await expect(generate()).rejects.toMatchObject({ name, $metadata: { httpStatusCode } });
    expect(kms.calls[0]).toMatchObject({ status: httpStatusCode, error: name });
  });

  it('let an exception say what it is told to', async () => {
    const { generate } = await faulty({ exception: 'KMSInvalidStateException', message: 'key/1 is pending deletion.' });
    await expect(generate()).rejects.toMatchObject({
      name: 'KMSInvalidStateException',
      message: 'key/1 is pending deletion.',
    });
  });

  it('concern the operation that they were set for, or all others with *', async () => {
    const kms = await startKms();
    const client = clientOf(kms);
    kms.setFault('*', { status: 503 });
    kms.setFault('DescribeKey', { exception: 'AccessDeniedException' });
    await expect(client.send(generateCommand())).rejects.toMatchObject({ name: 'ServiceUnavailableException' });
    await expect(client.send(describeCommand())).rejects.toMatchObject({ name: 'AccessDeniedException' });
    kms.clearFaults('*');
    await client.send(generateCommand());
    await expect(client.send(describeCommand())).rejects.toMatchObject({ name: 'AccessDeniedException' });
    kms.clearFaults();
    await client.send(describeCommand());
  });

  it('end by themselves after the calls that `times` allows', async () => {
    const { generate } = await faulty({ status: 500, times: 2 });
    expect(await outcomes(4, generate)).toEqual(['InternalFailureException', 'InternalFailureException', '', '']);
  });

  it('let the retries of the SDK succeed when fewer calls fail than it attempts', async () => {
    const kms = await startKms();
    kms.setFault('GenerateDataKey', { exception: 'KeyUnavailableException', times: 2 });
    await clientOf(kms, { maxAttempts: 3 }).send(generateCommand());
    expect(kms.calls.map((call) => call.error)).toEqual([
      'KeyUnavailableException',
      'KeyUnavailableException',
      undefined,
    ]);
  });

  it('throttle exactly the share of calls that is asked for, and the same ones every time', async () => {
    const { kms, generate } = await faulty({ throttleRate: 0.25 });
    const once = await outcomes(8, generate);
    expect(once).toEqual(['', '', '', 'ThrottlingException', '', '', '', 'ThrottlingException']);
    kms.setFault('GenerateDataKey', { throttleRate: 0.25 });
    expect(await outcomes(8, generate)).toEqual(once);
    kms.setFault('GenerateDataKey', { throttleRate: 1 });
    expect(await outcomes(2, generate)).toEqual(['ThrottlingException', 'ThrottlingException']);
    kms.setFault('GenerateDataKey', { throttleRate: 0 });
    expect(await outcomes(2, generate)).toEqual(['', '']);
  });

  it('delay an answer, which is right when it comes', async () => {
    const { generate } = await faulty({ latency: 60 });
    const started = performance.now();
    expect((await generate()).Plaintext).toHaveLength(32);
    // Timers of Node may fire a millisecond early.
    expect(performance.now() - started).toBeGreaterThanOrEqual(59);
  });

  it('delay an error, too', async () => {
    const { kms, generate } = await faulty({ latency: 20, status: 503 });
    await expect(generate()).rejects.toMatchObject({ name: 'ServiceUnavailableException' });
    expect(kms.countCalls()).toBe(1);
  });

  it('cut the connection, and the next call gets a new one', async () => {
    const { kms, generate } = await faulty({ cut: true, times: 1 });
    await expect(generate()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(kms.calls[0]).not.toHaveProperty('status');
    await generate();
  });

  it('hang until the client gives up', async () => {
    const { kms, client } = await faulty({ hang: true });
    const hanging = client.send(generateCommand(), { abortSignal: AbortSignal.timeout(50) });
    await expect(hanging).rejects.toMatchObject({ name: 'AbortError' });
    expect(kms.countCalls('GenerateDataKey')).toBe(1);
    expect(kms.calls[0]).not.toHaveProperty('status');
  });

  it.each([0, 16, 31, 33, 64])('give the plaintext %i bytes', async (plaintextLength) => {
    const { generate } = await faulty({ plaintextLength });
    const made = await generate();
    expect(bytes(made.Plaintext)).toHaveLength(plaintextLength);
    expect(made.CiphertextBlob).toHaveLength(140);
  });

  it('name another key in the answer', async () => {
    const { kms, generate } = await faulty({ foreignKeyId: true });
    const foreign = (await generate()).KeyId;
    expect(foreign).toMatch(/^arn:aws:kms:eu-west-2:111122223333:key\/[0-9a-f-]{36}$/);
    expect(foreign).not.toBe(kms.arnOf(KeyId));
    kms.setFault('GenerateDataKey', { foreignKeyId: 'arn:aws:kms:us-east-1:999988887777:key/theirs' });
    expect((await generate()).KeyId).toBe('arn:aws:kms:us-east-1:999988887777:key/theirs');
  });

  it('break the JSON so that the raw error of the SDK quotes the plaintext, which a client must not pass on', async () => {
    const kms = await startKms();
    const plaintext = Buffer.alloc(32, 'canary');
    const base64 = plaintext.toString('base64');
    kms.setFault('Decrypt', { garbageJson: true });
    const decrypted = clientOf(kms).send(new DecryptCommand({ CiphertextBlob: kms.wrap(KeyId, plaintext) }));
    const error = await decrypted.catch((reason: Error) => reason);
    expect(error).toBeInstanceOf(SyntaxError);
    expect((error as Error).message).toContain(base64.slice(0, 8));
  });

  it('break the JSON of answers without plaintext and of empty ones', async () => {
    const kms = await startKms();
    kms.setFault('*', { garbageJson: true });
    await expect(clientOf(kms).send(describeCommand())).rejects.toBeInstanceOf(SyntaxError);
    const answer = await post(kms, 'DisableKey', { KeyId: kms.arnOf(KeyId) });
    expect(() => JSON.parse(answer)).toThrow(SyntaxError);
  });

  it.each<[string, Fault]>([
    ['latency', { latency: -1 }],
    ['latency', { latency: Number.NaN }],
    ['throttleRate', { throttleRate: 1.5 }],
    ['plaintextLength', { plaintextLength: 1.5 }],
    ['times', { times: 0 }],
  ])('are refused with a %s that makes no sense', async (name, fault) => {
    const kms = await startKms();
    expect(() => kms.setFault('*', fault)).toThrow(
      expect.objectContaining({ code: 'CONFIG', message: expect.stringContaining(name) }),
    );
  });

  it('are refused for an operation that does not exist', async () => {
    const kms = await startKms();
    expect(() => kms.setFault('decrypt' as 'Decrypt', { cut: true })).toThrow(
      expect.objectContaining({ code: 'CONFIG', message: expect.stringContaining("'decrypt'") }),
    );
  });
});

async function post(kms: LocalKms, operation: string, fields: object): Promise<string> {
  const answer = await fetch(kms.endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `TrentService.${operation}` },
    body: JSON.stringify(fields),
  });
  return answer.text();
}
