import { randomBytes } from 'node:crypto';
import type { Crypterer, Suite } from '@sqlcrypter/core';
import { DataKey, encodeFrameHeader } from '@sqlcrypter/core/provider';
import type { ContractOptions } from '../../src/index.js';
import { createEnvelopeCrypterer, forgetKeys, type Unwrap, wrappedHeader } from './envelope-crypterer.js';
import { fingerprintVectors } from './frame-vectors.js';
import { KeyService } from './key-service.js';
import { type LocalOptions, type Naming, referenceTo } from './local-crypterer.js';

/** What `describeCrypterer` is told of a crypterer with local keys. */
export function localContractOptions(
  name: string,
  createWith: (options: LocalOptions) => Crypterer,
  { suite = 'xaes-256-gcm', naming = 'id', sync = false }: { suite?: Suite; naming?: Naming; sync?: boolean } = {},
): ContractOptions {
  const key = randomBytes(32);
  const otherKey = randomBytes(32);
  return {
    name,
    capabilities: { sync, closeable: true },
    create: () => createWith({ key, suite, naming }),
    createOther: () => createWith({ key: otherKey, suite, naming }),
    rotate: () => createWith({ key: randomBytes(32), decryptKeys: [key], suite, naming }),
    withDataKeys: (first, second) => ({
      crypterer: createWith({ key: first, decryptKeys: [second], suite, naming }),
      header: (which, suiteOfFrame) =>
        encodeFrameHeader(suiteOfFrame, referenceTo(new DataKey(which === 0 ? first : second), naming)),
    }),
    secrets: [key],
    vectors: fingerprintVectors,
    goFrames: 'none',
  };
}

/** What it is told of a crypterer with a key service. */
export function envelopeContractOptions(
  name: string,
  { suite = 'xaes-256-gcm', unwrapWith }: { suite?: Suite; unwrapWith?: (service: KeyService) => Unwrap } = {},
): ContractOptions {
  const service = new KeyService();
  const otherService = new KeyService();
  const secret = randomBytes(32);
  const createWith = (keyService: KeyService, dataKey?: Uint8Array) =>
    createEnvelopeCrypterer({
      service: keyService,
      suite,
      ...(dataKey && { dataKey }),
      ...(unwrapWith && { unwrap: unwrapWith(keyService) }),
    });
  return {
    name,
    capabilities: { sync: true, keyLoader: true, closeable: true },
    create: () => createWith(service, secret),
    createOther: () => createWith(otherService),
    reload: () => createWith(service),
    rotate: () => createWith(service),
    withDataKeys: async (first, second) => {
      const headers = await Promise.all([first, second].map((dataKey) => wrappedHeader(service, dataKey, suite)));
      const crypterer = await createWith(service, first);
      const own = crypterer.encryptSync(Buffer.alloc(0));
      headers[0] = own.subarray(0, headers[0]?.length);
      return {
        crypterer,
        header: (which, suiteOfFrame) => {
          const header = Buffer.from(headers[which] as Buffer);
          header[2] = suiteOfFrame === 'aes-256-gcm' ? 0x11 : 0x12;
          return header;
        },
      };
    },
    secrets: [secret],
    vectors: fingerprintVectors,
    goFrames: 'none',
    forgetKeys,
    interruptKeyService: () => service.interrupt(),
  };
}
