import { type KmsCounts, SDK_ATTEMPTS } from './kms-server.js';
import type { Ledger } from './ledger.js';
import { keyOf } from './row.js';
import { RATE_LIMIT, type Scene, TIME_TO_LIVE, VALUES_PER_KEY } from './scene.js';

/** Attempts of one writer at a new data key during one fault: the pauses between them double from half a second. */
const RENEWALS_PER_FAULT = 4;
/** The earliest renewal, as a share of the limit. */
const RENEWED_FROM = 0.7;

/** Counts the requests that reached the KMS against what keys, limits and times allow, however many values are read. */
export class KmsBounds {
  readonly #ledger: Ledger;
  readonly #writers: number;
  readonly #readers: number;
  readonly #start = performance.now();
  faults = 0;
  generates = 0;
  unwraps = 0;
  /** The stretch of good times that came closest to what it was allowed. */
  closest: { readonly unwraps: number; readonly atMost: number; readonly reads: number } | undefined;

  constructor(ledger: Ledger, writers: number, readers: number) {
    this.#ledger = ledger;
    this.#writers = writers;
    this.#readers = readers;
  }

  add({ generates, unwraps }: KmsCounts): void {
    this.generates += generates;
    this.unwraps += unwraps;
  }

  /** Begins a stretch of good times; the function that this gives ends it with what it cost. */
  watchGoodTimes(scene: Scene, milliseconds: number): (counts: KmsCounts) => void {
    const { forgotten, attacks, read } = this.#ledger;
    const keys = new Set([...scene.archive, ...scene.live].map(keyOf));
    return ({ unwraps }) => {
      for (const row of scene.live) keys.add(keyOf(row));
      // Each reader asks once for a key that it does not have, once for each time that it is made to forget, and once
      // for each time to live; a changed value may bring a wrapped key that nobody has seen.
      const lookups =
        this.#readers * (1 + Math.ceil(milliseconds / TIME_TO_LIVE)) + (this.#ledger.forgotten - forgotten);
      const atMost = keys.size * lookups + (this.#ledger.attacks - attacks);
      if (unwraps > atMost)
        this.#ledger.problem(`In good times ${unwraps} unwraps reached the KMS, ${atMost} allowed.`);
      if (this.closest !== undefined && unwraps / atMost <= this.closest.unwraps / this.closest.atMost) return;
      this.closest = { unwraps, atMost, reads: this.#ledger.read - read };
    };
  }

  /** The most requests for new data keys: processes, renewals, and what both tried in vain. */
  get mostGenerates(): number {
    const { processesStarted, newcomerAttempts, written } = this.#ledger;
    const renewals = written / (RENEWED_FROM * VALUES_PER_KEY) + this.faults * this.#writers * RENEWALS_PER_FAULT;
    return SDK_ATTEMPTS * Math.ceil(processesStarted + newcomerAttempts + renewals);
  }

  /** The most requests to unwrap: what the readers' own rate limit lets through. */
  get mostUnwraps(): number {
    const seconds = (performance.now() - this.#start) / 1_000;
    return SDK_ATTEMPTS * this.#readers * Math.ceil(RATE_LIMIT.burst + RATE_LIMIT.rps * seconds);
  }

  /** Tells the ledger where a bound was passed. */
  check(): void {
    const bounds = [
      ['GenerateDataKey', this.generates, this.mostGenerates],
      ['Decrypt', this.unwraps, this.mostUnwraps],
    ] as const;
    for (const [operation, count, atMost] of bounds) {
      if (count > atMost)
        this.#ledger.problem(`${count} requests for ${operation} reached the KMS, ${atMost} allowed.`);
    }
  }
}
