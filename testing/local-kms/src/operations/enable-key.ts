import { requireSettled } from '../kms-key.js';
import { requiredString } from '../request-fields.js';
import type { Operation } from './operation.js';

export const enableKey: Operation = switchTo('Enabled');
export const disableKey: Operation = switchTo('Disabled');

function switchTo(state: 'Enabled' | 'Disabled'): Operation {
  return (fields, { store, region }) => {
    const key = store.findByKeyId(region, requiredString(fields, 'KeyId'));
    requireSettled(key);
    key.state = state;
    return undefined;
  };
}
