export type {
  Awaitable,
  Capabilities,
  ContractOptions,
  ContractVector,
  CryptererFactory,
  KnownDataKeys,
} from './contract-options.js';
export { describeCrypterer } from './describe-crypterer.js';
