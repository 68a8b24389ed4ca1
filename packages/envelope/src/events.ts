import { type Channel, channel, tracingChannel } from 'node:diagnostics_channel';

/** What happens to data keys. */
export type DekEvent =
  /** A value's key was in memory. Counted, and published only to subscribers. */
  | 'hit'
  /** A key was not in memory. */
  | 'miss'
  /** The key table was asked for keys, for one value or many. */
  | 'look-up'
  /** A miss was answered from what is known to fail, without a call. */
  | 'negative'
  /** A key past its time to live was confirmed by the KMS. */
  | 'refresh'
  /** A key past its time to live was used while the KMS is asked again. */
  | 'stale'
  /** An unwrap was refused by this crypterer's own rate limit. */
  | 'rate-limited'
  /** A key was dropped because the KMS no longer allows it, or has not confirmed it for too long. */
  | 'evicted'
  /** The row of a key in memory is not in the key table any more. */
  | 'lost'
  /** A new data key to write with was made. */
  | 'renewed';

/** A message on the channel `sqlcrypter:dek`. */
export interface DekMessage {
  readonly event: DekEvent;
  readonly scheme: string;
}

/** The messages of the tracing channel `sqlcrypter:kms`. The result of a call, a key, is never among them. */
export interface KmsMessage {
  readonly operation: 'generate' | 'unwrap';
  readonly scheme: string;
  /** 0 for the primary key service, 1 and up for its fallbacks. */
  readonly attempt: number;
}

const dekChannel: Channel = channel('sqlcrypter:dek');
const kmsChannel = tracingChannel<KmsMessage>('sqlcrypter:kms');

/** Counts what happens to one crypterer's data keys, and tells subscribers. */
export class DekEvents {
  readonly counts: Record<DekEvent, number> = {
    hit: 0,
    miss: 0,
    'look-up': 0,
    negative: 0,
    refresh: 0,
    stale: 0,
    'rate-limited': 0,
    evicted: 0,
    lost: 0,
    renewed: 0,
  };
  readonly #scheme: string;

  constructor(scheme: string) {
    this.#scheme = scheme;
  }

  tell(event: DekEvent): void {
    this.counts[event] += 1;
    if (dekChannel.hasSubscribers) dekChannel.publish({ event, scheme: this.#scheme } satisfies DekMessage);
  }
}

/** Runs one attempt at a KMS call as a trace. Subscribers learn of its start, its end and its error. */
export async function traceKmsCall<T>(message: KmsMessage, call: () => Promise<T>): Promise<T> {
  // A traced promise's value is published; so it resolves to nothing, and the key goes past it.
  let result: { readonly value: T } | undefined;
  await kmsChannel.tracePromise(async () => {
    result = { value: await call() };
  }, message);
  return (result as unknown as { readonly value: T }).value;
}
