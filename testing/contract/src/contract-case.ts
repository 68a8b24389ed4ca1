import type { ContractOptions } from './contract-options.js';
import type { Harness } from './harness.js';

/** What a case may need that not every caller of the suite provides. */
export type Need =
  | 'sync'
  | 'keyLoader'
  | 'closeable'
  | 'rotate'
  | 'withDataKeys'
  | 'secrets'
  | 'vectors'
  | 'goFrames'
  | 'forgetKeys'
  | 'interruptKeyService';

/** One behaviour that the contract promises. */
export interface ContractCase {
  /** What the crypterer does, as a sentence without its subject. */
  readonly name: string;
  readonly needs?: readonly Need[];
  /** Throws if the crypterer behaves otherwise. */
  run(harness: Harness): Promise<void>;
}

/** Cases about one subject. */
export interface ContractGroup {
  readonly name: string;
  readonly cases: readonly ContractCase[];
}

const KEY_SERVICE_OPTIONS: readonly Need[] = ['forgetKeys', 'interruptKeyService'];

/**
 * Whether a case is about something that this crypterer declares not to have. It is left out then: that the capability
 * is absent is shown by a case of its own.
 */
export function isBeyond({ needs = [] }: ContractCase, options: ContractOptions): boolean {
  const { capabilities, goFrames } = options;
  return needs.some((need) => {
    if (need === 'sync' || need === 'keyLoader' || need === 'closeable') return capabilities[need] !== true;
    if (KEY_SERVICE_OPTIONS.includes(need)) return capabilities.keyLoader !== true;
    return need === 'goFrames' && goFrames === 'none';
  });
}

/** Why a case cannot run although it applies: an option that it needs was left out. */
export function reasonToSkip({ needs = [] }: ContractCase, options: ContractOptions): string | undefined {
  const missing = needs.filter(
    (need) => need !== 'sync' && need !== 'keyLoader' && need !== 'closeable' && options[need] === undefined,
  );
  return missing.length === 0 ? undefined : `needs the option ${missing.join(' and ')}`;
}
