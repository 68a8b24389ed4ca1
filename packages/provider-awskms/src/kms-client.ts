import { SqlcrypterError } from '@sqlcrypter/core';
import { regionOf } from './key-arn.js';

/**
 * The one method that is used of a KMSClient, so that an application can hand in the client of its own SDK version.
 */
export interface KmsClient {
  // biome-ignore lint/suspicious/noExplicitAny: the SDK's send is generic over commands whose types differ by version
  send(command: any, options?: any): Promise<any>;
}

/** The SDK takes longer to import than everything else here, so this waits for the first call. */
export function loadSdk(): Promise<typeof import('@aws-sdk/client-kms')> {
  return import('@aws-sdk/client-kms');
}

const REGION = /^[a-z0-9-]{1,40}$/;

type OwnClient = KmsClient & { destroy(): void };

/** A client to call a key with: the application's, or one of our own with the SDK's usual configuration. */
export class ClientHolder {
  /** The application's client, if it gave one. */
  readonly given: KmsClient | undefined;
  readonly #keyId: string;
  #own: Promise<OwnClient> | undefined;

  /** @param option what the client is called in errors. Errors: `CONFIG`. */
  constructor(given: KmsClient | undefined, keyId: string, option: string) {
    if (given !== undefined && (given === null || typeof given.send !== 'function')) {
      throw new SqlcrypterError(
        'CONFIG',
        `${option} is not a KMS client. Expected a KMSClient of @aws-sdk/client-kms, or none for the default one.`,
      );
    }
    this.given = given;
    this.#keyId = keyId;
  }

  async client(): Promise<KmsClient> {
    if (this.given !== undefined) return this.given;
    this.#own ??= this.#create();
    return this.#own;
  }

  /** The Region that the client calls, for messages: undefined where it does not say. */
  async region(): Promise<string | undefined> {
    try {
      const { config } = (await this.client()) as { config?: { region?: unknown } };
      const region = typeof config?.region === 'function' ? await config.region() : config?.region;
      return typeof region === 'string' && REGION.test(region) ? region : undefined;
    } catch {
      return undefined;
    }
  }

  /** Closes the connections of our own client; the application's stays open. */
  async close(): Promise<void> {
    // Where there is no client there is nothing to close, and whoever asked for it has been told why.
    const own = await this.#own?.catch(() => undefined);
    own?.destroy();
  }

  async #create(): Promise<OwnClient> {
    try {
      const { KMSClient } = await loadSdk();
      // A key in an ARN lives in that Region, wherever the process runs.
      const region = regionOf(this.#keyId);
      return new KMSClient(region === undefined ? {} : { region });
    } catch (error) {
      // The next call tries again: a failure is never kept.
      this.#own = undefined;
      throw error;
    }
  }
}
