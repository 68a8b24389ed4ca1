import { describeCrypterer } from '@sqlcrypter/contract';
import { type EngineChoice, encryptMany, type Suite } from '@sqlcrypter/core';
import { DataKey, encodeFrameHeader } from '@sqlcrypter/core/provider';
import { afterAll, describe, expect, vi } from 'vitest';
import { createAesCrypterer, generateKey } from '../src/index.js';
import { frameVectors } from './frame-vectors.js';
import { inBatches } from './in-batches.js';

const key = generateKey();
const otherKey = generateKey();

const SUITES: readonly Suite[] = ['xaes-256-gcm', 'aes-256-gcm'];
const ENGINES: readonly EngineChoice[] = ['auto', 'node'];

// The engine is loaded once a process has seen enough values: from here on small batches go through it, too.
const many = Array.from({ length: 1_000 }, () => ({ plaintext: Buffer.from('999-00-1234') }));
await encryptMany(many, { crypterer: createAesCrypterer({ key }) });

const opened = vi.spyOn(DataKey.prototype, 'openMany');
const sealed = vi.spyOn(DataKey.prototype, 'sealMany');

describe.each(ENGINES)('with engine %s', (engine) => {
  for (const suite of SUITES) {
    describeCrypterer({
      name: `aes in batches, ${suite}, engine ${engine}`,
      capabilities: { closeable: true },
      create: () => inBatches(createAesCrypterer({ key, suite }), engine),
      createOther: () => inBatches(createAesCrypterer({ key: { id: 99, key: otherKey }, suite }), engine),
      rotate: () => inBatches(createAesCrypterer({ key: generateKey(), decryptKeys: [key], suite }), engine),
      goFrames: (mode) => inBatches(createAesCrypterer({ key, suite, goFrames: mode }), engine),
      withDataKeys: (first, second) => ({
        crypterer: inBatches(createAesCrypterer({ key: first, decryptKeys: [second], suite }), engine),
        header: (which, suiteOfFrame) => {
          const id = new DataKey(which === 0 ? first : second).defaultId;
          return encodeFrameHeader(suiteOfFrame, { kind: 1, id });
        },
      }),
      secrets: [key],
      vectors: frameVectors.map(({ create, ...vector }) => ({
        ...vector,
        ...(create && { create: async () => inBatches((await create()) as never, engine) }),
      })),
    });
  }
  afterAll(() => {
    for (const { mock } of [opened, sealed]) expect(mock.calls.length > 500).toBe(engine === 'auto');
    vi.clearAllMocks();
  });
});
