import { envelopeContractOptions } from '../test/reference/contract-options.js';
import type { Unwrap } from '../test/reference/envelope-crypterer.js';
import type { KeyService } from '../test/reference/key-service.js';
import type { BadProvider } from './bad-provider.js';

/** One call per wrapped key, whose promise is kept: also one that was rejected. */
function unwrapOnce(service: KeyService): Unwrap {
  const calls = new Map<string, Promise<Buffer>>();
  return (wrapped) => {
    const name = wrapped.toString('hex');
    const call = calls.get(name) ?? service.unwrap(wrapped);
    calls.set(name, call);
    return call;
  };
}

const fault = 'remembers that the key service failed';

export const cachedRejection: BadProvider = {
  fault,
  caughtBy: 'asks the key service again after it failed',
  options: envelopeContractOptions(fault, { unwrapWith: unwrapOnce }),
};
