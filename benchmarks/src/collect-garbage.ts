import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');

/** Collects garbage, of all or of the young generation alone, so that what is timed does not clear away another's. */
export const collectGarbage = runInNewContext('gc') as (options?: { readonly type: 'minor' }) => void;
