/// <reference types="node" preserve="true" />
import type { KeyRecord, KeyStore } from '@sqlcrypter/core/provider';

/** What one look-up found: keys, and the branch keys that wrap them, by fingerprint in hex. */
export type FoundRecords = ReadonlyMap<string, KeyRecord>;

/** Looks keys up together: whoever asks in the same turn of the event loop shares one statement. */
export class LookUp {
  readonly #store: KeyStore;
  readonly #fromPrimary: boolean;
  readonly #told: () => void;
  #wanted: Buffer[] = [];
  #next: Promise<FoundRecords> | undefined;

  /**
   * @param told is called with each look at the table.
   * @param fromPrimary no replica may answer.
   */
  constructor(store: KeyStore, told: () => void, fromPrimary = false) {
    this.#store = store;
    this.#fromPrimary = fromPrimary;
    this.#told = told;
  }

  find(fingerprint: Buffer): Promise<FoundRecords> {
    this.#wanted.push(fingerprint);
    this.#next ??= new Promise((resolve) => setImmediate(resolve)).then(() => this.#run());
    return this.#next;
  }

  async #run(): Promise<FoundRecords> {
    const wanted = this.#wanted;
    this.#wanted = [];
    this.#next = undefined;
    this.#told();
    return byFingerprint(await this.#store.find(wanted, this.#fromPrimary));
  }
}

export function byFingerprint(records: readonly KeyRecord[]): FoundRecords {
  return new Map(records.map((record) => [record.fingerprint.toString('hex'), record]));
}
