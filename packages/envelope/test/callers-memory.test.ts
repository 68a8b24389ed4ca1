import { describe, expect, it } from 'vitest';
import { createEnvelope, MemoryKms } from './support/memory-kms.js';

/** A KMS that answers when it is told to. */
function heldKms() {
  const kms = new MemoryKms();
  let answer: () => void = () => undefined;
  const wait = new Promise<void>((resolve) => {
    answer = resolve;
  });
  kms.before = () => wait;
  return { kms, answer };
}

describe('a caller that uses its memory for something else while the KMS is asked', () => {
  it('gets what it gave encrypted', async () => {
    const { kms, answer } = heldKms();
    const crypterer = await createEnvelope(kms, { generate: 'first-use' });
    const plaintext = Buffer.from('the value');
    const encrypted = crypterer.encrypt(plaintext);
    plaintext.fill('x');
    answer();
    expect((await crypterer.decrypt(await encrypted)).toString()).toBe('the value');
  });

  it('gets the value of the ciphertext it gave', async () => {
    const { kms, answer } = heldKms();
    kms.before = () => undefined;
    const writer = await createEnvelope(kms);
    const [first, second] = [writer.encryptSync(Buffer.from('first')), writer.encryptSync(Buffer.from('other'))];
    const held = heldKms();
    kms.before = held.kms.before;
    const reader = await createEnvelope(kms, { generate: 'never' });
    const decrypted = reader.decrypt(first);
    second.copy(first);
    held.answer();
    answer();
    expect((await decrypted).toString()).toBe('first');
  });
});
