import { aborting } from './cases/aborting.js';
import { argumentCases } from './cases/arguments.js';
import { commitment } from './cases/commitment.js';
import { context } from './cases/context.js';
import { foreignInput } from './cases/foreign-input.js';
import { goFrames } from './cases/go-frames.js';
import { keyLoading } from './cases/key-loading.js';
import { keys } from './cases/keys.js';
import { lifeCycle } from './cases/life-cycle.js';
import { memory } from './cases/memory.js';
import { nonceCases } from './cases/nonces.js';
import { roundTrips } from './cases/round-trips.js';
import { secrecy } from './cases/secrecy.js';
import { syncSide } from './cases/sync-side.js';
import { tampering } from './cases/tampering.js';
import { vectors } from './cases/vectors.js';
import type { ContractGroup } from './contract-case.js';

/** Everything that the contract promises, as data. */
export const CONTRACT_GROUPS: readonly ContractGroup[] = [
  roundTrips,
  nonceCases,
  tampering,
  foreignInput,
  keys,
  commitment,
  context,
  argumentCases,
  memory,
  syncSide,
  keyLoading,
  aborting,
  lifeCycle,
  secrecy,
  goFrames,
  vectors,
];
