import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createAwsKmsCrypterer, createAwsKmsKeyService } from '../src/index.js';
import { codeOf } from './support/error-code.js';

const ARN = 'arn:aws:kms:eu-west-2:111122223333:key/6b3f0c9e-4d0e-4d52-9f0b-0a7a8f6d2c11';
const MOST = 6_144;

/** A KMS that wraps each key into so many bytes. */
function kmsOf(length: number) {
  const keys = new Map<string, Uint8Array>();
  const handedOut: Uint8Array[] = [];
  return {
    handedOut,
    async send({ input }: { input: { CiphertextBlob?: Uint8Array; Plaintext?: Uint8Array } }) {
      if (input.CiphertextBlob !== undefined) {
        const key = keys.get(Buffer.from(input.CiphertextBlob).toString('hex'));
        return { KeyId: ARN, Plaintext: key && Uint8Array.from(key), CiphertextBlob: randomBytes(length) };
      }
      const key = input.Plaintext ?? randomBytes(32);
      const wrapped = randomBytes(length);
      keys.set(wrapped.toString('hex'), Uint8Array.from(key));
      const plaintext = Uint8Array.from(key);
      handedOut.push(plaintext);
      return { KeyId: ARN, Plaintext: plaintext, CiphertextBlob: wrapped };
    },
  };
}

describe('a data key that the KMS wraps into', () => {
  it.each([0, MOST + 1, 20_000, 65_535, 65_536])('%i bytes is CONFIG before it encrypts anything', async (length) => {
    for (const generate of ['start', 'first-use'] as const) {
      const client = kmsOf(length);
      const write = async () => {
        const writer = await createAwsKmsCrypterer({ client, keyId: ARN, generate });
        await writer.encrypt(Buffer.from('value'));
      };
      expect(await codeOf(write())).toBe('CONFIG');
      for (const plaintext of client.handedOut) expect(plaintext).toEqual(new Uint8Array(32));
    }
  });

  it.each([1, 184, MOST])('%i bytes is written with, and another process reads the value', async (length) => {
    const client = kmsOf(length);
    const value = await (await createAwsKmsCrypterer({ client, keyId: ARN })).encrypt(Buffer.from('value'));
    const reader = await createAwsKmsCrypterer({ client, keyId: ARN, generate: 'never' });
    expect((await reader.decrypt(value)).toString()).toBe('value');
  });

  it('256 bytes is CONFIG for values of the Go library', async () => {
    const options = { client: kmsOf(256), keyId: ARN, goFrames: 'write' } as const;
    expect(await codeOf(createAwsKmsCrypterer(options))).toBe('CONFIG');
  });

  it.each(['wrapDataKey', 'rewrapDataKey'] as const)('more than AWS KMS reads is CONFIG in %s', async (method) => {
    const { signal } = new AbortController();
    const wrap = (length: number) =>
      createAwsKmsKeyService({ client: kmsOf(length), keyId: ARN })[method]?.(Buffer.alloc(32, 1), { signal });
    expect(await codeOf(wrap(MOST + 1) as Promise<unknown>)).toBe('CONFIG');
    expect((await wrap(MOST))?.wrapped).toHaveLength(MOST);
  });
});
