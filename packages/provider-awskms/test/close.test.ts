import { describe, expect, it, vi } from 'vitest';
import { createAwsKmsCrypterer } from '../src/index.js';
import { codeOf, outcomeOf } from './support/error-code.js';
import { settle } from './support/fake-time.js';
import { startServer } from './support/http-server.js';
import { clientOf, createCrypterer, startKms } from './support/local-kms.js';
import { createEnvelope, hang, MemoryKms } from './support/memory-kms.js';

describe('closing', () => {
  it('ends what waits for the KMS with DISPOSED at once: reads, queued reads, loads and writes', async () => {
    const kms = new MemoryKms();
    const ciphertexts: Buffer[] = [];
    for (let i = 0; i < 20; i++) ciphertexts.push(await (await createEnvelope(kms)).encrypt(Buffer.from('value')));
    kms.before = hang;
    const crypterer = await createEnvelope(kms, { generate: 'first-use', requestTimeout: 60_000 });
    const waiting = [
      crypterer.encrypt(Buffer.from('value')),
      crypterer.loadKeys(ciphertexts),
      ...ciphertexts.map((ciphertext) => crypterer.decrypt(ciphertext)),
    ].map((call) => codeOf(call));
    await settle();
    await crypterer.close();
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['DISPOSED']));
    expect(kms.calls.unwrap).toBe(8);
  });

  it('ends a call over HTTP that hangs', async () => {
    const kms = await startKms();
    const ciphertext = await (await createCrypterer(kms)).encrypt(Buffer.from('value'));
    const crypterer = await createCrypterer(kms, { requestTimeout: 600_000 });
    kms.setFault('*', { hang: true });
    const waiting = codeOf(crypterer.decrypt(ciphertext));
    while (kms.countCalls('Decrypt') === 0) await settle();
    await crypterer.close();
    expect(await waiting).toBe('DISPOSED');
  });

  it('cuts the connection of a call that hangs', async () => {
    const connections: string[] = [];
    const server = await startServer((_request, response) => {
      connections.push('asked');
      response.on('close', () => connections.push('cut'));
    });
    const crypterer = await createAwsKmsCrypterer({
      client: clientOf(server),
      keyId: 'alias/sqlcrypter',
      generate: 'first-use',
      requestTimeout: 600_000,
    });
    const waiting = codeOf(crypterer.encrypt(Buffer.from('value')));
    await vi.waitUntil(() => connections.includes('asked'), { timeout: 20_000 });
    await crypterer.close();
    expect(await waiting).toBe('DISPOSED');
    await vi.waitUntil(() => connections.includes('cut'), { timeout: 20_000 });
  });

  it('refuses every later call with DISPOSED and asks nothing more', async () => {
    const kms = new MemoryKms();
    const crypterer = await createEnvelope(kms);
    const ciphertext = await crypterer.encrypt(Buffer.from('value'));
    await crypterer.close();
    const calls = [
      () => crypterer.encrypt(Buffer.from('value')),
      () => crypterer.decrypt(ciphertext),
      () => crypterer.encryptSync(Buffer.from('value')),
      () => crypterer.decryptSync(ciphertext),
      () => crypterer.loadKeys([ciphertext]),
    ];
    for (const call of calls) expect(await codeOf(call)).toBe('DISPOSED');
    expect(kms.calls).toEqual({ generate: 1, unwrap: 0 });
    expect(crypterer.closed).toBe(true);
  });

  it('may happen twice, and with `await using`', async () => {
    const kms = new MemoryKms();
    const crypterer = await createEnvelope(kms);
    {
      await using closing = crypterer;
      await closing.encrypt(Buffer.from('value'));
    }
    expect(crypterer.closed).toBe(true);
    await crypterer.close();
  });

  it('leaves no key in memory, at whatever moment of a call it comes', async () => {
    const kms = new MemoryKms();
    const ciphertext = await (await createEnvelope(kms)).encrypt(Buffer.from('value'));
    for (let steps = 0; steps < 40; steps++) {
      let answer: () => void = () => undefined;
      const gate = new Promise<void>((resolve) => {
        answer = resolve;
      });
      kms.before = () => gate;
      const crypterer = await createEnvelope(kms, { generate: 'first-use' });
      const calls = [
        crypterer.decrypt(ciphertext),
        crypterer.encrypt(Buffer.from('value')),
        crypterer.loadKeys([ciphertext], { onError: 'collect' }),
      ].map((call) => outcomeOf(call));
      answer();
      for (let step = 0; step < steps; step++) await Promise.resolve();
      await crypterer.close();
      const outcomes = await Promise.all(calls);
      expect(outcomes.filter((outcome) => outcome !== 'ok' && outcome !== 'DISPOSED')).toEqual([]);
      expect(crypterer.stats()).toMatchObject({ cachedKeys: 0, cachedBytes: 0, currentKey: undefined });
    }
  });
});
