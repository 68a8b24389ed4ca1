import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../workspace.js';

/** Sources that are changed, and the package whose tests must notice. */
export interface MutationTarget {
  readonly name: string;
  /** From the root, as every path that Stryker is given. */
  readonly vitestConfig: string;
  readonly files: readonly string[];
}

const configOf = (url: URL): string => relative(root, fileURLToPath(url));

const CORE = ['frame', 'data-key', 'encryption-context', 'authenticated-data', 'extended-nonce-key'];
const CORE_OF_DATA_KEY = ['derived-key-cache', 'random-pool', 'suite'];

/** Frame, data key and context encoding of core. */
export const CORE_TARGET: MutationTarget = {
  name: 'core',
  vitestConfig: configOf(new URL('../../mutation/core.vitest.config.ts', import.meta.url)),
  files: [...CORE, ...CORE_OF_DATA_KEY].map((file) => `packages/core/src/${file}.ts`),
};

/** Batches, and the engine that encrypts them. The bytes of its WebAssembly module are not source. */
export const BATCH_TARGET: MutationTarget = {
  name: 'batch',
  vitestConfig: configOf(new URL('../../mutation/batch.vitest.config.ts', import.meta.url)),
  files: [
    'packages/core/src/batch.ts',
    'packages/core/src/batch-engine/*.ts',
    '!packages/core/src/batch-engine/gcm-module-bytes.ts',
  ],
};

/** The life of a data key under a KMS. */
export const ENVELOPE_TARGET: MutationTarget = {
  name: 'envelope',
  vitestConfig: configOf(new URL('../../mutation/envelope.vitest.config.ts', import.meta.url)),
  files: ['packages/envelope/src/**/*.ts'],
};
