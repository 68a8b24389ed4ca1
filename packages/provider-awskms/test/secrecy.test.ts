import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import type { DecryptCommand } from '@aws-sdk/client-kms';
import { SqlcrypterError } from '@sqlcrypter/core';
import type { Fault } from '@sqlcrypter/local-kms';
import { describe, expect, it, vi } from 'vitest';
import { createAwsKmsCrypterer } from '../src/index.js';
import { errorOf } from './support/error-code.js';
import { frameUnder, garbageFrame, goFrameUnder } from './support/frames.js';
import { clientOf, createCrypterer, startKms } from './support/local-kms.js';
import { beDown, createEnvelope, MemoryKms } from './support/memory-kms.js';
import { canary, expectNoTrace, textOf } from './support/secrets.js';
import { whenTestEnds } from './support/when-test-ends.js';

const dek = canary('data key');
const plaintext = canary('plaintext');
const contextValue = canary('context');

const CHANNELS = [
  'sqlcrypter:dek',
  ...['start', 'end', 'asyncStart', 'asyncEnd', 'error'].map((name) => `tracing:sqlcrypter:kms:${name}`),
];

/** All that is published until the test ends, as text. */
function listenToAll(): { readonly texts: string[]; readonly heard: Set<string> } {
  const texts: string[] = [];
  const heard = new Set<string>();
  const listen = (message: unknown, name: string | symbol) => {
    heard.add(String(name));
    texts.push(textOf(message));
  };
  for (const name of CHANNELS) subscribe(name, listen);
  whenTestEnds(() => {
    for (const name of CHANNELS) unsubscribe(name, listen);
  });
  return { texts, heard };
}

/** All that is written to the console or to the process's output until the test ends. */
function listenToOutput(): string[] {
  const texts: string[] = [];
  const spies = [
    ...(['log', 'info', 'warn', 'error', 'debug', 'trace'] as const).map((name) =>
      vi.spyOn(console, name).mockImplementation((...args) => void texts.push(inspect(args, { depth: null }))),
    ),
    vi.spyOn(process, 'emitWarning').mockImplementation((...args) => void texts.push(inspect(args))),
  ];
  whenTestEnds(() => {
    for (const spy of spies) spy.mockRestore();
  });
  return texts;
}

it('a key that shows is found: as hexadecimal, base64, a Buffer, and by a piece of it', () => {
  const shown = [dek.toString('hex'), dek.toString('base64url'), dek, [...dek], { deep: [{ key: dek }] }];
  const pieces = [dek.toString('base64').slice(9, 17), dek.toString('hex').slice(21, 34), dek.subarray(5, 20)];
  for (const each of [...shown, ...pieces, new Error(dek.toString('latin1')), new Map([[1, dek]])]) {
    expect(() => expectNoTrace(textOf(each), [dek])).toThrow();
  }
  expectNoTrace(textOf({ key: canary('another') }), [dek]);
});

describe('data keys and plaintexts are in no error, event, log, inspection or JSON', () => {
  it('of any way to fail, with AWS KMS', async () => {
    const { texts, heard } = listenToAll();
    const output = listenToOutput();
    const kms = await startKms();
    const wrapped = kms.wrap('alias/sqlcrypter', dek);
    const context = { c: contextValue };
    const frame = frameUnder(dek, wrapped, { plaintext });
    const keyId = kms.arnOf('alias/sqlcrypter');
    const keyOptions = { keyId, goFrames: 'read' } as const;
    const faults: Fault[] = [
      {},
      { hang: true },
      { cut: true },
      { status: 500 },
      { throttleRate: 1 },
      { exception: 'AccessDeniedException' },
      { exception: 'DisabledException' },
      { plaintextLength: 16 },
      { foreignKeyId: true },
      { garbageJson: true },
    ];
    const frames = [
      frame,
      goFrameUnder(dek, wrapped, plaintext),
      garbageFrame(),
      garbageFrame(wrapped),
      frame.subarray(0, -1),
      Buffer.concat([frame, Buffer.of(0)]),
      plaintext,
    ];
    const collected: unknown[] = [];
    const collect = async (call: () => unknown) => {
      try {
        collected.push(await call());
      } catch (error) {
        expect(SqlcrypterError.is(error)).toBe(true);
        collected.push(error);
      }
    };
    for (const fault of faults) {
      const options = { ...keyOptions, requestTimeout: fault.hang ? 20 : 10_000 };
      kms.clearFaults();
      const reader = await createCrypterer(kms, { ...options, generate: 'first-use' });
      kms.setFault('*', fault);
      await collect(() => createAwsKmsCrypterer({ client: clientOf(kms), ...options }));
      for (const ciphertext of frames) {
        await collect(() => reader.decrypt(ciphertext, { context }).then(() => undefined));
        await collect(() => void reader.decryptSync(ciphertext, { context }));
        await collect(() => reader.loadKeys([ciphertext], { onError: 'collect' }));
      }
      await collect(() => reader.encrypt(plaintext.toString('latin1') as never));
      await collect(() =>
        reader.encrypt(plaintext, { context: { c: 1 as never, [contextValue.toString('latin1')]: 'x' } }),
      );
      collected.push(reader, reader.stats());
      await reader.close();
      await collect(() => reader.encrypt(plaintext));
    }
    expect(collected.length).toBeGreaterThan(200);
    expect([...heard].sort()).toEqual([...CHANNELS].sort());
    const everything = [...texts, ...output, ...collected.map(textOf)].join('\n');
    expectNoTrace(everything, [dek, plaintext, contextValue]);
  });

  it('of the key that this process makes itself', async () => {
    const { texts } = listenToAll();
    const output = listenToOutput();
    const kms = new MemoryKms();
    const made: Buffer[] = [];
    const wrap = kms.wrap.bind(kms);
    kms.wrap = (key, bare) => {
      made.push(Buffer.from(key));
      return wrap(key, bare);
    };
    const crypterer = await createEnvelope(kms, { dekLimits: { maxValues: 2 } });
    const ciphertexts: Buffer[] = [];
    for (let i = 0; i < 10; i++) ciphertexts.push(await crypterer.encrypt(plaintext, { context: { c: contextValue } }));
    const lease = await crypterer.loadKeys(ciphertexts);
    kms.before = beDown;
    const error = await errorOf(async () => {
      for (;;) await crypterer.encrypt(plaintext);
    });
    const subjects = [error, lease, crypterer, crypterer.stats(), ciphertexts.length];
    expect(made.length).toBeGreaterThan(2);
    expectNoTrace([...texts, ...output, ...subjects.map(textOf)].join('\n'), [...made, plaintext, contextValue]);
  });

  it('and raw keys are zeroed once they are in use, or refused', async () => {
    const handedOut: Buffer[] = [];
    const kms = new MemoryKms();
    const remember = <T extends { plaintext: Uint8Array }>(answer: T): T => {
      handedOut.push(answer.plaintext as Buffer);
      return answer;
    };
    const service = {
      provider: kms.provider,
      scheme: kms.scheme,
      generateDataKey: async (options: Parameters<MemoryKms['generateDataKey']>[0]) =>
        remember(await kms.generateDataKey(options)),
      unwrapDataKey: async (wrapped: Uint8Array, options: Parameters<MemoryKms['generateDataKey']>[0]) =>
        remember(await kms.unwrapDataKey(wrapped, options)),
    };
    const writer = await createEnvelope(service);
    const ciphertext = await writer.encrypt(plaintext);
    writer.forgetKeys();
    await writer.decrypt(ciphertext);
    expect(handedOut).toHaveLength(2);
    for (const key of handedOut) expect(key).toEqual(Buffer.alloc(32));
  });

  it('and the SDK’s answer is zeroed, also where it is refused', async () => {
    const kms = await startKms();
    const client = clientOf(kms);
    const answers: { Plaintext?: Uint8Array | undefined }[] = [];
    const watched = {
      async send(command: DecryptCommand, options: object) {
        const answer = await client.send(command, options);
        answers.push(answer);
        return answer;
      },
    };
    const ciphertext = await (await createCrypterer(kms, { keyId: kms.createKey() })).encrypt(plaintext);
    const mine = await (await createCrypterer(kms)).encrypt(plaintext);
    const reader = await createAwsKmsCrypterer({ client: watched, keyId: 'alias/sqlcrypter' });
    await reader.decrypt(mine);
    await reader.decrypt(ciphertext).catch(() => undefined);
    kms.setFault('*', { plaintextLength: 40 });
    await createAwsKmsCrypterer({ client: watched, keyId: 'alias/sqlcrypter' }).catch(() => undefined);
    kms.setFault('*', { foreignKeyId: true });
    await createAwsKmsCrypterer({ client: watched, keyId: kms.arnOf('alias/sqlcrypter') }).catch(() => undefined);
    await reader.close();
    expect(answers.map(({ Plaintext: key }) => key?.length)).toEqual([32, 32, 32, 40, 32]);
    for (const { Plaintext: key } of answers) expect([...(key ?? [1])].every((byte) => byte === 0)).toBe(true);
  });
});
