import { type AwsKmsCrypterer, createAwsKmsCrypterer, type ErrorCode, type Generate } from '@sqlcrypter/awskms';
import type { FaultPhase } from './fault-phase.js';
import type { KmsServer } from './kms-server.js';
import type { Ledger } from './ledger.js';
import { bound, newValue, type Row } from './row.js';

/** Milliseconds. */
export const REQUEST_TIMEOUT = 1_000;
export const TIME_TO_LIVE = 2_000;
/** Renewed ahead of it, and never written past twice as many. */
export const VALUES_PER_KEY = 10_000;
export const RATE_LIMIT = { rps: 500, burst: 400 } as const;

const ARCHIVE_KEYS = 100;
const ARCHIVE_ROWS_PER_KEY = 10;
const LIVE_ROWS = 1_000;

/** What all parts of the load share. */
export class Scene {
  readonly ledger: Ledger;
  readonly stop: AbortSignal;
  readonly #kms: KmsServer;
  /** Written before the load begins, under many data keys, as processes of many days leave them behind. */
  readonly archive: Row[] = [];
  /** Overwritten all the time. */
  readonly live: Row[] = [];
  /** The fault under way, or the one that the KMS recovers from. */
  phase: FaultPhase | undefined;

  constructor(kms: KmsServer, ledger: Ledger, stop: AbortSignal) {
    this.#kms = kms;
    this.ledger = ledger;
    this.stop = stop;
  }

  get isOver(): boolean {
    return this.stop.aborted;
  }

  /** A process of the application. */
  startProcess(generate: Generate = 'start'): Promise<AwsKmsCrypterer> {
    this.ledger.processesStarted += 1;
    return createAwsKmsCrypterer({
      client: this.#kms.client,
      keyId: 'alias/sqlcrypter',
      generate,
      requestTimeout: REQUEST_TIMEOUT,
      decryptRateLimit: RATE_LIMIT,
      dekCache: { ttl: TIME_TO_LIVE },
      dekLimits: { maxValues: VALUES_PER_KEY },
    });
  }

  async fillArchive(): Promise<void> {
    for (let key = 0; key < ARCHIVE_KEYS; key++) {
      const writer = await this.startProcess();
      for (let i = 0; i < ARCHIVE_ROWS_PER_KEY; i++) {
        const value = newValue();
        this.archive.push({ ...value, ciphertext: writer.encryptSync(value.plaintext, bound(value)) });
      }
      await this.ledger.close(writer);
    }
    this.live.push(...this.archive.slice(0, LIVE_ROWS));
  }

  /** What a call may end in that needs the KMS; nothing while it is well. */
  get faultCodes(): readonly ErrorCode[] {
    return this.phase === undefined ? [] : [...this.phase.codes, 'KMS_RATE_LIMITED'];
  }

  /** What a read may end in whose key is in memory: it goes on through every outage, but not against a refusal. */
  get refusalCodes(): readonly ErrorCode[] {
    return this.phase?.revokes === true ? this.faultCodes : [];
  }

  /** Checks one value that was read. */
  compare(row: Row, plaintext: Buffer): void {
    this.ledger.read += 1;
    if (!plaintext.equals(row.plaintext)) this.ledger.problem('A value was read that is not the one written.');
  }
}
