import { describe, expect, it } from 'vitest';
import { codeOf, outcomeOf } from './support/error-code.js';
import { FINGERPRINT_OFFSET, WRAPPED_OFFSET } from './support/frames.js';
import { createEnvelope, MemoryKms, WRAPPED_LENGTH } from './support/memory-kms.js';

/** A key service whose answers wait, and a value that a reader must ask it about. */
async function withSlowKms() {
  const kms = new MemoryKms();
  const ciphertext = await (await createEnvelope(kms)).encrypt(Buffer.from('value'));
  let answer: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const slow = () => {
    kms.before = () => gate;
  };
  return { kms, ciphertext, answer, slow };
}

describe('readers of one unknown data key', () => {
  it('share one call, at whatever moment of it they come', async () => {
    const { kms, ciphertext, answer, slow } = await withSlowKms();
    slow();
    const reader = await createEnvelope(kms, { generate: 'never' });
    const reads = [reader.decrypt(ciphertext)];
    answer();
    // One more in every step between the answer and the end of the first.
    for (let step = 0; step < 100; step++) {
      reads.push(reader.decrypt(ciphertext));
      await Promise.resolve();
    }
    for (const plaintext of await Promise.all(reads)) expect(plaintext.toString()).toBe('value');
    expect(kms.calls.unwrap).toBe(1);
  });

  it('compare their own fingerprint each: a changed value fails, and takes nobody with it', async () => {
    const { kms, ciphertext, answer, slow } = await withSlowKms();
    slow();
    const changed = Buffer.from(ciphertext);
    changed[FINGERPRINT_OFFSET] = (changed[FINGERPRINT_OFFSET] as number) ^ 1;
    const reader = await createEnvelope(kms, { generate: 'never' });
    const reads = [changed, ciphertext, changed, ciphertext].map((value) => outcomeOf(reader.decrypt(value)));
    answer();
    expect(await Promise.all(reads)).toEqual(['KEY_COMMITMENT', 'ok', 'KEY_COMMITMENT', 'ok']);
    expect(kms.calls.unwrap).toBe(1);
  });

  it('ask again after a failure, which is not kept', async () => {
    const kms = new MemoryKms();
    const ciphertext = await (await createEnvelope(kms)).encrypt(Buffer.from('value'));
    const reader = await createEnvelope(kms, { generate: 'never', requestTimeout: 5 });
    kms.before = () => new Promise(() => undefined);
    expect(await Promise.all([1, 2, 3].map(() => codeOf(reader.decrypt(ciphertext))))).toEqual([
      'KMS_TIMEOUT',
      'KMS_TIMEOUT',
      'KMS_TIMEOUT',
    ]);
    kms.before = () => undefined;
    expect((await reader.decrypt(ciphertext)).toString()).toBe('value');
    expect(kms.calls.unwrap).toBe(2);
  });

  it('are not mixed with readers of another key whose wrapped form looks alike', async () => {
    const kms = new MemoryKms();
    const wrap = kms.wrap.bind(kms);
    kms.wrap = (plaintext, bare) => {
      for (;;) {
        const wrapped = wrap(plaintext, bare);
        if (wrapped.at(-1) === 'b'.charCodeAt(0)) return wrapped;
      }
    };
    const ciphertext = await (await createEnvelope(kms)).encrypt(Buffer.from('value'));
    const reader = await createEnvelope(kms, { generate: 'never', goFrames: 'read' });
    const wrapped = ciphertext.subarray(WRAPPED_OFFSET, WRAPPED_OFFSET + WRAPPED_LENGTH - 1);
    const goFrame = Buffer.concat([Buffer.of(wrapped.length), wrapped, Buffer.alloc(40)]);
    await reader.decrypt(ciphertext);
    expect(await codeOf(reader.decrypt(goFrame))).toBe('KMS_INVALID_BLOB');
  });
});
