import { DataKey } from '@sqlcrypter/core/provider';

/** What went through the batch engine since the meter was read. */
export interface EngineUse {
  /** Values that it sealed. */
  readonly sealed: number;
  /** Values that it opened or refused. */
  readonly opened: number;
  /** Nanoseconds in its own calls, which are all that touch a key, a text or a tag of these values. */
  readonly time: number;
}

let use = { sealed: 0, opened: 0, time: 0 };

/** Gives what went through the engine since the last time, and begins at zero. */
export function readEngineMeter(): EngineUse {
  const read = use;
  use = { sealed: 0, opened: 0, time: 0 };
  return read;
}

// Every value that the engine seals or opens passes one of these two.
const { sealMany, openMany } = DataKey.prototype;

DataKey.prototype.sealMany = function (...args) {
  const start = process.hrtime.bigint();
  const frames = sealMany.apply(this, args);
  use.time += Number(process.hrtime.bigint() - start);
  use.sealed += frames.length;
  return frames;
};

DataKey.prototype.openMany = function (...args) {
  const start = process.hrtime.bigint();
  const refused = openMany.apply(this, args);
  use.time += Number(process.hrtime.bigint() - start);
  use.opened += args[2].length;
  return refused;
};
