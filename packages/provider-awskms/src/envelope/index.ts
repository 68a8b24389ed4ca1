export { createEnvelopeCrypterer, type EnvelopeCrypterer } from './envelope-crypterer.js';
export type { DekEvent, DekMessage, KmsMessage } from './events.js';
export type { GeneratedDataKey, KeyService, KeyServiceOptions, UnwrappedDataKey } from './key-service.js';
export type { DekLimits, EnvelopeOptions, Generate, GoFrames } from './options.js';
export type { EnvelopeStats } from './stats.js';
