import { randomBytes } from 'node:crypto';
import { type ContractVector, describeCrypterer } from '@sqlcrypter/contract';
import type { Suite } from '@sqlcrypter/core';
import {
  DataKey,
  encodeFrameHeader,
  encodeOwnContext,
  type KeyFacts,
  type KeyPurpose,
} from '@sqlcrypter/core/provider';
import { createKeyTable, type KeyTable, keyTableSql } from '@sqlcrypter/key-table';
import sqlite from 'node-sqlite3-wasm';
import { afterAll } from 'vitest';
import { dataKey, frames, malformed } from '../../../testing/vectors/frame-v1.js';
import {
  createEnvelopeCrypterer,
  type EnvelopeCrypterer,
  type EnvelopeOptions,
  type GeneratedDataKey,
  type KeyServiceOptions,
} from '../src/index.js';
import { bindingOf } from '../src/stored/row-binding.js';
import { frameUnder } from './support/frames.js';
import { beDown, MemoryKms } from './support/memory-kms.js';
import { vectorService } from './support/vector-service.js';

/** Deadlines are not what is tested here, and the machine may be busy. */
const patient: EnvelopeOptions = { requestTimeout: 60_000 };
const forgetKeys = (crypterer: unknown) => (crypterer as EnvelopeCrypterer).forgetKeys();

function interrupt(kms: MemoryKms): () => void {
  kms.before = beDown;
  return () => {
    kms.before = () => undefined;
  };
}

/** The last data keys that the KMS handed out: no error may show them. */
function watch(kms: MemoryKms): Uint8Array[] {
  const secrets: Uint8Array[] = [];
  const { generateDataKey, unwrapDataKey } = kms;
  const keep = <T extends { readonly plaintext: Uint8Array }>(answer: T): T => {
    secrets.push(Buffer.from(answer.plaintext));
    if (secrets.length > 20) secrets.shift();
    return answer;
  };
  kms.generateDataKey = async (options) => keep(await generateDataKey.call(kms, options));
  kms.unwrapDataKey = async (wrapped, options) => keep(await unwrapDataKey.call(kms, wrapped, options));
  return secrets;
}

/** The vectors of this kind, and what is wrong with values of it. */
function vectorsOf(kind: number, provider: number | undefined, create: ContractVector['create']): ContractVector[] {
  return [
    ...frames.filter((frame) => frame.kind === kind && (provider === undefined || frame.ciphertext[20] === provider)),
    ...malformed.filter(({ bytesAlone, ciphertext }) => bytesAlone || ciphertext[3] === kind),
  ].map((vector) => ({ ...vector, create }));
}

/** Hands out a chosen data key in the place of a new one. */
class ChosenKeyKms extends MemoryKms {
  chosen: { readonly plaintext: Uint8Array; readonly wrapped: Uint8Array } | undefined;

  override async generateDataKey(options: KeyServiceOptions): Promise<GeneratedDataKey> {
    if (this.chosen === undefined) return super.generateDataKey(options);
    return { ...this.chosen, plaintext: Uint8Array.from(this.chosen.plaintext), keyId: this.keyId };
  }
}

for (const suite of ['xaes-256-gcm', 'aes-256-gcm'] satisfies Suite[]) {
  const [kms, otherKms] = [new MemoryKms(), new MemoryKms()];
  const create = (options: EnvelopeOptions = {}) => createEnvelopeCrypterer(kms, { ...patient, suite, ...options });
  describeCrypterer({
    name: `keys beside each value, ${suite}`,
    capabilities: { sync: true, keyLoader: true, closeable: true },
    create: () => create(),
    createOther: () => createEnvelopeCrypterer(otherKms, { ...patient, suite }),
    rotate: () => create(),
    async withDataKeys(first, second) {
      const chosenKms = new ChosenKeyKms();
      const wrapped = [chosenKms.wrap(first), chosenKms.wrap(second)] as const;
      chosenKms.chosen = { plaintext: first, wrapped: wrapped[0] };
      const crypterer = await createEnvelopeCrypterer(chosenKms, { ...patient, suite });
      await crypterer.decrypt(frameUnder(second, wrapped[1], { suite, provider: chosenKms.provider }));
      return {
        crypterer,
        header(which, suiteOfFrame) {
          const { fingerprint } = new DataKey(which === 0 ? first : second);
          const { provider } = chosenKms;
          return encodeFrameHeader(suiteOfFrame, { kind: 3, fingerprint, provider, wrapped: wrapped[which] });
        },
      };
    },
    vectors: vectorsOf(3, 2, () => createEnvelopeCrypterer(vectorService(2), { generate: 'never' })),
    goFrames: 'none',
    secrets: watch(kms),
    forgetKeys,
    interruptKeyService: () => interrupt(kms),
  });
}

const databases: { close(): void }[] = [];
afterAll(() => {
  for (const database of databases) database.close();
});

function newTable(): { readonly table: KeyTable; exec(sql: string): void } {
  const database = new sqlite.Database(':memory:');
  databases.push(database);
  for (const statement of keyTableSql('sqlite')) database.exec(statement);
  return { table: createKeyTable({ sqlite: database }), exec: (sql) => database.exec(sql) };
}

/** Puts a chosen data key into a table, as a crypterer does with one of its own. */
async function storeKeys(table: KeyTable, kms: MemoryKms, keys: readonly Uint8Array[]): Promise<void> {
  const created = Date.now();
  const factsOf = (dataKey: DataKey, purpose: KeyPurpose): KeyFacts => {
    return { fingerprint: dataKey.fingerprint, purpose, scope: '', created, expires: created + 86_400_000 };
  };
  const plaintext = randomBytes(32);
  const branch = new DataKey(plaintext);
  const branchFacts = factsOf(branch, 'branch');
  const wrapped = kms.wrap(plaintext, false, bindingOf(branchFacts));
  await table.insertPending({ ...branchFacts, wraps: [{ provider: kms.provider, keyId: kms.keyId, wrapped }] });
  await table.activate(branch.fingerprint, undefined, created);
  const header = encodeFrameHeader('xaes-256-gcm', { kind: 2, fingerprint: branch.fingerprint });
  let before: Buffer | undefined;
  for (const key of keys) {
    const facts = factsOf(new DataKey(key), 'data');
    const wrap = branch.seal(key, header, encodeOwnContext(bindingOf(facts)));
    const keyId = branch.fingerprint.toString('hex');
    await table.insertPending({ ...facts, wraps: [{ provider: 0, keyId, wrapped: wrap }] }, before);
    await table.activate(facts.fingerprint, before, created);
    before = facts.fingerprint;
  }
}

const kms = new MemoryKms();
const stored = newTable();
const other = newTable();
const create = (options: EnvelopeOptions = {}) =>
  createEnvelopeCrypterer(kms, { ...patient, store: stored.table, ...options });

describeCrypterer({
  name: 'keys in a key table',
  capabilities: { sync: true, keyLoader: true, closeable: true, scopes: true },
  create: () => create(),
  createOther: () => createEnvelopeCrypterer(kms, { ...patient, store: other.table }),
  // A start loads the key that the whole fleet writes with, which is the one that most cases read with.
  reload: async () => {
    const crypterer = await create();
    crypterer.forgetKeys();
    return crypterer;
  },
  rotate: () => {
    stored.exec(
      "UPDATE sqlcrypter_keys SET state = 'decrypt-only' WHERE purpose = 'data' AND state IN ('pending', 'active')",
    );
    return create();
  },
  async withDataKeys(first, second) {
    const { table } = newTable();
    await storeKeys(table, kms, [second, first]);
    const crypterer = await createEnvelopeCrypterer(kms, { ...patient, store: table });
    return {
      crypterer,
      header: (which, suite) => {
        const { fingerprint } = new DataKey(which === 0 ? first : second);
        return encodeFrameHeader(suite, { kind: 2, fingerprint });
      },
    };
  },
  vectors: vectorsOf(2, undefined, async () => {
    const { table } = newTable();
    await storeKeys(table, kms, [dataKey]);
    return createEnvelopeCrypterer(kms, { ...patient, store: table });
  }),
  goFrames: 'none',
  secrets: watch(kms),
  forgetKeys,
  interruptKeyService: () => interrupt(kms),
});
