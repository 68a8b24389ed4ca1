import { dataKey, frames, malformed } from '../../../vectors/frame-v1.js';
import type { ContractVector } from '../../src/index.js';
import { createLocalCrypterer } from './local-crypterer.js';

const create = () => createLocalCrypterer({ key: dataKey, naming: 'fingerprint' });

/** The vectors that concern keys named by their fingerprint. */
export const fingerprintVectors: readonly ContractVector[] = [
  ...frames.filter(({ kind }) => kind === 2).map((vector) => ({ ...vector, create })),
  ...malformed
    .filter(({ bytesAlone, ciphertext }) => bytesAlone || ciphertext[3] === 2)
    .map((vector) => ({ ...vector, create })),
];
