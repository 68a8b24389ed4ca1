import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');

/** Collects the garbage of the young generation, or with no options of all: none is then cleared away by what is timed. */
export const collectGarbage = runInNewContext('gc') as (options?: { readonly type: 'minor' }) => void;
