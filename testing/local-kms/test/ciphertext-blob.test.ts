import { createDecipheriv } from 'node:crypto';
import { DecryptCommand, GenerateDataKeyCommand, type KMSClient } from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import type { SeedObject } from '../src/index.js';
import { bytes, clientOf, startKms } from './kms-client.js';

const keyId = '5f1c3a52-0c0b-4a39-8a56-3f7a2f0f3c11';
const backingKeys = ['11'.repeat(32), '22'.repeat(32)];
const seed: SeedObject = { Keys: { Symmetric: { Aes: [{ Metadata: { KeyId: keyId }, BackingKeys: backingKeys }] } } };
const arn = `arn:aws:kms:eu-west-2:111122223333:key/${keyId}`;
const plaintext = Buffer.alloc(32, 0xa5);

/** Opens a blob by its documented layout, with nothing of the package. */
function openByHand(blob: Buffer, context: string): { arn: string; index: number; plaintext: Buffer } {
  const arnLength = blob.readUInt8(0);
  const index = blob.readUInt32LE(1 + arnLength);
  const nonceAt = 1 + arnLength + 4;
  const decipher = createDecipheriv(
    'aes-256-gcm',
    Buffer.from(backingKeys[index] ?? '', 'hex'),
    blob.subarray(nonceAt, nonceAt + 12),
  );
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(blob.subarray(-16));
  return {
    arn: blob.toString('utf8', 1, 1 + arnLength),
    index,
    plaintext: Buffer.concat([decipher.update(blob.subarray(nonceAt + 12, -16)), decipher.final()]),
  };
}

async function outcome(client: KMSClient, CiphertextBlob: Buffer, KeyId?: string): Promise<string> {
  try {
    await client.send(new DecryptCommand({ CiphertextBlob, KeyId }));
    return 'decrypted';
  } catch (error) {
    return (error as Error).name;
  }
}

function flipped(blob: Buffer, bit: number): Buffer {
  const copy = Buffer.from(blob);
  copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
  return copy;
}

describe('a blob', () => {
  it('has the layout of nsmithuk/local-kms: 140 bytes for a 32-byte key, sealed by the newest backing key', async () => {
    const kms = await startKms({ seed });
    const made = await clientOf(kms).send(new GenerateDataKeyCommand({ KeyId: keyId, KeySpec: 'AES_256' }));
    expect(made.CiphertextBlob).toHaveLength(140);
    expect(openByHand(bytes(made.CiphertextBlob), '')).toEqual({ arn, index: 1, plaintext: bytes(made.Plaintext) });
  });

  it('authenticates the encryption context as names in the order of their bytes, each before its value', async () => {
    const kms = await startKms({ seed });
    // U+1F600 comes after U+FF5E as UTF-8 bytes, and before it as UTF-16 code units.
    const blob = kms.wrap(keyId, plaintext, { '\u{1f600}': 'x', b: '2', '～': 'y', B: '1' });
    expect(openByHand(blob, 'B1b2～y\u{1f600}x').plaintext).toEqual(plaintext);
  });

  it('leaves names and values without a boundary, as existing blobs require', async () => {
    const kms = await startKms({ seed });
    const CiphertextBlob = kms.wrap(keyId, plaintext, { col: 'ssn' });
    const opened = await clientOf(kms).send(new DecryptCommand({ CiphertextBlob, EncryptionContext: { cols: 'sn' } }));
    expect(bytes(opened.Plaintext)).toEqual(plaintext);
  });

  it('is refused with any bit flipped, and the process survives it', async () => {
    const kms = await startKms({ seed });
    const client = clientOf(kms);
    const blob = kms.wrap(keyId, plaintext);
    const outcomes = new Set<string>();
    for (let bit = 0; bit < blob.length * 8; bit += 1) outcomes.add(await outcome(client, flipped(blob, bit)));
    expect([...outcomes].sort()).toEqual(['AccessDeniedException', 'InvalidCiphertextException']);
  });

  it('is refused when cut, lengthened or made of nothing but noise', async () => {
    const kms = await startKms({ seed });
    const client = clientOf(kms);
    const blob = kms.wrap(keyId, plaintext);
    for (let length = 1; length < blob.length; length += 1) {
      expect(await outcome(client, blob.subarray(0, length)), `${length} bytes`).toBe('InvalidCiphertextException');
    }
    expect(await outcome(client, Buffer.concat([blob, Buffer.alloc(1)]))).toBe('InvalidCiphertextException');
    expect(await outcome(client, Buffer.alloc(400, 0xff))).toBe('InvalidCiphertextException');
    expect(await outcome(client, Buffer.alloc(400))).toBe('InvalidCiphertextException');
    expect(await outcome(client, Buffer.alloc(6145))).toBe('ValidationException');
    expect(await outcome(client, Buffer.alloc(0))).toBe('ValidationException');
  });

  it('says why it was refused', async () => {
    const client = clientOf(await startKms({ seed }));
    const decrypted = client.send(new DecryptCommand({ CiphertextBlob: Buffer.alloc(140) }));
    await expect(decrypted).rejects.toThrow(/corrupted/);
  });
});

describe('authenticateArn', () => {
  it('binds the ARN and the backing key index: a blob that is re-labelled for a key of the same material is refused', async () => {
    const twin = '9d0f7f58-61b0-4f7e-9f93-2f6a0a8d4e22';
    const twins: SeedObject = {
      Keys: [
        { Metadata: { KeyId: keyId }, BackingKeys: backingKeys },
        { Metadata: { KeyId: twin }, BackingKeys: backingKeys },
      ],
    };
    const relabel = (blob: Buffer) => Buffer.from(blob.toString('latin1').replace(keyId, twin), 'latin1');

    const loose = await startKms({ seed: twins });
    expect(await outcome(clientOf(loose), relabel(loose.wrap(keyId, plaintext)))).toBe('decrypted');

    const strict = await startKms({ seed: twins, authenticateArn: true });
    const blob = strict.wrap(keyId, plaintext);
    expect(await outcome(clientOf(strict), blob)).toBe('decrypted');
    expect(await outcome(clientOf(strict), relabel(blob))).toBe('InvalidCiphertextException');
  });

  it('refuses a new blob with any bit flipped, also one that would make it a blob of the older kind', async () => {
    const kms = await startKms({ seed, authenticateArn: true });
    const client = clientOf(kms);
    const blob = kms.wrap(keyId, plaintext);
    for (let bit = 0; bit < blob.length * 8; bit += 1) {
      expect(await outcome(client, flipped(blob, bit)), `bit ${bit}`).not.toBe('decrypted');
    }
  });

  it('tells apart encryption contexts whose names and values join to the same text', async () => {
    const kms = await startKms({ seed, authenticateArn: true });
    const CiphertextBlob = kms.wrap(keyId, plaintext, { col: 'ssn' });
    const client = clientOf(kms);
    const decrypt = (EncryptionContext: Record<string, string>) =>
      client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
    expect(bytes((await decrypt({ col: 'ssn' })).Plaintext)).toEqual(plaintext);
    await expect(decrypt({ cols: 'sn' })).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
  });

  it('keeps blobs of the other setting readable, in both directions', async () => {
    const loose = await startKms({ seed });
    const strict = await startKms({ seed, authenticateArn: true });
    expect(await outcome(clientOf(strict), loose.wrap(keyId, plaintext))).toBe('decrypted');
    expect(await outcome(clientOf(loose), strict.wrap(keyId, plaintext))).toBe('decrypted');
  });
});
