/// <reference types="node" preserve="true" />
import { SqlcrypterError } from '@sqlcrypter/core';
import { readOptions, takeOptions } from '@sqlcrypter/core/provider';
import {
  createEnvelopeCrypterer,
  ENVELOPE_OPTION_NAMES,
  type EnvelopeCrypterer,
  type EnvelopeOptions,
  type KeyService,
} from '@sqlcrypter/envelope';
import { AwsKeyService } from './aws-key-service.js';
import { KeyArns, parseKeyArn } from './key-arn.js';
import { ClientHolder, type KmsClient, loadSdk } from './kms-client.js';
import { readKmsContext } from './kms-context.js';

/** A crypterer under AWS KMS. */
export type AwsKmsCrypterer = EnvelopeCrypterer;

/** Options of {@link createAwsKmsCrypterer}. */
export interface AwsKmsCryptererOptions extends Omit<EnvelopeOptions, 'fallback'> {
  /** A KMSClient; by default one with the SDK's usual configuration, in the Region of `keyId` if that is an ARN. */
  readonly client?: KmsClient;
  /** The KMS key to encrypt under: key id, key ARN, alias name (`alias/…`) or alias ARN. */
  readonly keyId: string;
  /** Replicas of a multi-Region key, asked in order when the key before does not answer. */
  readonly fallback?: readonly { readonly client?: KmsClient; readonly keyId: string }[];
  /**
   * Sent with every KMS call, needed again for every decryption, and shown in CloudTrail in the clear: no personal
   * data. Not with `goFrames: 'write'`, whose reader sends none.
   */
  readonly encryptionContext?: Readonly<Record<string, string>>;
  /** ARNs of further KMS keys that values may be read under: earlier keys, or another account's. */
  readonly decryptKeyArns?: readonly string[];
}

const OPTION_NAMES = [...ENVELOPE_OPTION_NAMES, 'client', 'keyId', 'encryptionContext', 'decryptKeyArns'];

/**
 * A crypterer with envelope encryption under AWS KMS: one KMS call makes a data key for this process, values carry it
 * wrapped, and reading asks the KMS once per distinct data key.
 *
 * Errors: `CONFIG`; with `generate: 'start'` also `KMS_…`, `KEY_DISABLED` and `KEY_NOT_FOUND`.
 */
export async function createAwsKmsCrypterer(options: AwsKmsCryptererOptions): Promise<AwsKmsCrypterer> {
  const { services, envelope } = readOptions('createAwsKmsCrypterer', () => servicesOf(options));
  const [primary, ...others] = services as [AwsKeyService, ...AwsKeyService[]];
  // On a slow or busy machine the import alone may take longer than a call may. If it fails, the call tells.
  if ((envelope.generate ?? 'start') === 'start') await loadSdk().catch(() => undefined);
  return createEnvelopeCrypterer(primary, { ...envelope, fallback: others });
}

/** Errors: `CONFIG`. */
function servicesOf(options: AwsKmsCryptererOptions): {
  readonly services: readonly AwsKeyService[];
  readonly envelope: EnvelopeOptions;
} {
  const taken = takeOptions(options, 'createAwsKmsCrypterer', OPTION_NAMES);
  const { client, keyId, fallback = [], encryptionContext, decryptKeyArns = [], ...envelope } = taken;
  const kmsContext = readKmsContext(encryptionContext, envelope.goFrames);
  const replicas = takeFallback(fallback);
  const mayGenerate = envelope.generate !== 'never';
  const keyArns = allowedArns(keyId, replicas, decryptKeyArns, mayGenerate);
  const services = [{ client, keyId }, ...replicas].map((each, index) => {
    const option = index === 0 ? 'client' : `fallback[${index - 1}].client`;
    const holder = new ClientHolder(each.client, each.keyId, option);
    return new AwsKeyService(holder, each.keyId, kmsContext, keyArns, mayGenerate);
  });
  return { services, envelope };
}

/** Options of {@link createAwsKmsKeyService}; see {@link AwsKmsCryptererOptions}. */
export type AwsKmsKeyServiceOptions = Pick<
  AwsKmsCryptererOptions,
  'client' | 'keyId' | 'encryptionContext' | 'decryptKeyArns'
>;

/**
 * AWS KMS as a key service of its own: to `rewrap` a key table to another key, or as one of the `otherKeyServices` that
 * wrap every branch key too. Another Region's key is called in its Region if `keyId` is an ARN.
 *
 * Errors: `CONFIG`.
 */
export function createAwsKmsKeyService(options: AwsKmsKeyServiceOptions): KeyService {
  return readOptions('createAwsKmsKeyService', () => {
    const names = ['client', 'keyId', 'encryptionContext', 'decryptKeyArns'];
    const {
      client,
      keyId,
      encryptionContext,
      decryptKeyArns = [],
    } = takeOptions(options, 'createAwsKmsKeyService', names);
    const kmsContext = readKmsContext(encryptionContext, undefined);
    const keyArns = allowedArns(keyId, [], decryptKeyArns, true);
    return new AwsKeyService(new ClientHolder(client, keyId, 'client'), keyId, kmsContext, keyArns, true);
  });
}

function config(message: string): SqlcrypterError {
  return new SqlcrypterError('CONFIG', message);
}

type Replica = NonNullable<AwsKmsCryptererOptions['fallback']>[number];

function takeFallback(fallback: readonly Replica[]): Replica[] {
  if (!Array.isArray(fallback)) throw config('fallback is not a list. Expected an array of { client?, keyId }.');
  return Array.from(fallback as readonly Replica[], (each, index) =>
    takeOptions(each, `fallback[${index}]`, ['client', 'keyId']),
  );
}

/** The keys that are known to be this crypterer's before any call; answers to GenerateDataKey add theirs. */
function allowedArns(
  keyId: string,
  fallback: readonly { readonly keyId: string }[],
  decryptKeyArns: readonly string[],
  mayGenerate: boolean,
): KeyArns {
  const allowed = new KeyArns();
  if (!Array.isArray(decryptKeyArns)) throw config('decryptKeyArns is not a list. Expected an array of key ARNs.');
  for (const [index, arn] of decryptKeyArns.entries()) {
    if (typeof arn !== 'string' || parseKeyArn(arn) === undefined) {
      throw config(
        `decryptKeyArns[${index}] is not a key ARN. Expected arn:aws:kms:<region>:<account>:key/<id>: ` +
          'an alias may point to another key tomorrow.',
      );
    }
    allowed.add(arn);
  }
  for (const [index, each] of [keyId, ...fallback.map((replica) => replica.keyId)].entries()) {
    const option = index === 0 ? 'keyId' : `fallback[${index - 1}].keyId`;
    if (typeof each !== 'string' || each === '') {
      throw config(`${option} is missing. Expected a KMS key id, key ARN, alias name or alias ARN.`);
    }
    if (parseKeyArn(each) !== undefined) allowed.add(each);
  }
  if (!mayGenerate && allowed.isEmpty) {
    throw config(
      "With generate: 'never' the KMS never tells which key keyId is. Expected keyId to be a key ARN, " +
        'or decryptKeyArns to list the ARNs of the keys to read under.',
    );
  }
  return allowed;
}
