export type {
  GeneratedDataKey,
  KeyService,
  KeyServiceOptions,
  KeyStore,
  UnwrappedDataKey,
  WrappedDataKey,
} from '@sqlcrypter/core/provider';
export { createEnvelopeCrypterer, type EnvelopeCrypterer } from './envelope-crypterer.js';
export type { DekEvent, DekMessage, KmsMessage } from './events.js';
export type { DekLimits, EnvelopeOptions, Generate, GoFrames, Inline, StoredKeyOptions } from './options.js';
export { ENVELOPE_OPTION_NAMES } from './options.js';
export { type RewrapOptions, type RewrapResult, rewrap } from './rewrap.js';
export type { EnvelopeStats } from './stats.js';
