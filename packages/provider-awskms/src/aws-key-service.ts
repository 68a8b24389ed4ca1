import { SqlcrypterError } from '@sqlcrypter/core';
import type { Configuration } from '@sqlcrypter/core/provider';
import type {
  GeneratedDataKey,
  KeyService,
  KeyServiceOptions,
  UnwrappedDataKey,
  WrappedDataKey,
} from '@sqlcrypter/envelope';
import type { KmsAction } from './aws-error-messages.js';
import { translateAwsError } from './aws-errors.js';
import { CallOrigin, type KmsCommand } from './call-origin.js';
import { KeyArns, mayBe, parseKeyArn } from './key-arn.js';
import { type ClientHolder, loadSdk } from './kms-client.js';

/** The most that Decrypt takes, so nothing longer is written with. */
const MAX_BLOB_LENGTH = 6144;

/** A context as text, whatever the order of its names. */
function sorted(context: Readonly<Record<string, string>> = {}): string {
  return JSON.stringify(Object.entries(context).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** What the answers have in common. */
interface Answer {
  readonly Plaintext?: Uint8Array;
  readonly CiphertextBlob?: Uint8Array;
  readonly KeyId?: string;
}

/** AWS KMS as a key service, under one key in one Region. */
export class AwsKeyService implements KeyService {
  readonly provider = 2;
  readonly scheme = 'awskms';
  readonly configuration: Configuration;
  readonly #client: ClientHolder;
  readonly #keyId: string;
  readonly #encryptionContext: Readonly<Record<string, string>> | undefined;
  readonly #keyArns: KeyArns;
  readonly #mayGenerate: boolean;
  /** The key that this service wraps under, as far as it is known. */
  readonly #own = new KeyArns();
  #learning: Promise<void> | undefined;

  /** @param keyArns the keys that answers may come from: shared by the services of one crypterer, which add their own. */
  constructor(
    client: ClientHolder,
    keyId: string,
    encryptionContext: Readonly<Record<string, string>> | undefined,
    keyArns: KeyArns,
    mayGenerate: boolean,
  ) {
    // A client of the application's may call any endpoint, so another one may be another KMS.
    this.configuration = [keyId, sorted(encryptionContext), keyArns.names, mayGenerate, client.given];
    this.#client = client;
    this.#keyId = keyId;
    this.#encryptionContext = encryptionContext;
    this.#keyArns = keyArns;
    this.#mayGenerate = mayGenerate;
    if (parseKeyArn(keyId) !== undefined) this.#own.add(keyId);
  }

  async generateDataKey({ signal, bare, binding }: KeyServiceOptions): Promise<GeneratedDataKey> {
    const answer = await this.#send(signal, 'kms:GenerateDataKey', async () => {
      const { GenerateDataKeyCommand } = await loadSdk();
      return new GenerateDataKeyCommand({
        KeyId: this.#keyId,
        KeySpec: 'AES_256',
        EncryptionContext: this.#contextOf(bare, binding),
      });
    });
    const { Plaintext: plaintext, CiphertextBlob: wrapped, KeyId: keyId } = answer;
    if (plaintext === undefined || wrapped === undefined || keyId === undefined) {
      plaintext?.fill(0);
      throw incomplete(this.#keyId);
    }
    if (!isReadable(wrapped)) {
      plaintext.fill(0);
      throw unreadable(this.#keyId, wrapped.length);
    }
    if (!mayBe(this.#keyId, keyId)) {
      plaintext.fill(0);
      throw wrongKey(
        keyId,
        `AWS KMS made a data key under ${keyId}, and ${this.#keyId} was asked for. Check the endpoint of the client.`,
      );
    }
    this.#learn(keyId);
    return { plaintext, wrapped, keyId };
  }

  async unwrapDataKey(wrapped: Uint8Array, { signal, bare, binding }: KeyServiceOptions): Promise<UnwrappedDataKey> {
    if (wrapped.length > MAX_BLOB_LENGTH) {
      throw new SqlcrypterError(
        'KMS_INVALID_BLOB',
        `The value carries a wrapped data key of ${wrapped.length} bytes, and AWS KMS makes at most ${MAX_BLOB_LENGTH}. ` +
          'The value was changed after it was written.',
      );
    }
    // No KeyId: the blob names its key itself, and an alias could point to another one by now. What may answer is
    // decided below, by ARN.
    const answer = await this.#send(signal, 'kms:Decrypt', async () => {
      const { DecryptCommand } = await loadSdk();
      return new DecryptCommand({ CiphertextBlob: wrapped, EncryptionContext: this.#contextOf(bare, binding) });
    });
    const { Plaintext: plaintext, KeyId: keyId } = answer;
    try {
      if (plaintext === undefined || keyId === undefined) throw incomplete(this.#keyId);
      await this.#checkAllowed(keyId, signal);
      return { plaintext, keyId };
    } catch (error) {
      plaintext?.fill(0);
      throw error;
    }
  }

  async wrapDataKey(plaintext: Uint8Array, { signal, binding }: KeyServiceOptions): Promise<WrappedDataKey> {
    const answer = await this.#send(signal, 'kms:Encrypt', async () => {
      const { EncryptCommand } = await loadSdk();
      return new EncryptCommand({
        KeyId: this.#keyId,
        Plaintext: plaintext,
        EncryptionContext: this.#contextOf(false, binding),
      });
    });
    return this.#wrappedIn(answer);
  }

  async rewrapDataKey(wrapped: Uint8Array, { signal, binding }: KeyServiceOptions): Promise<WrappedDataKey> {
    const context = this.#contextOf(false, binding);
    const answer = await this.#send(signal, 'kms:ReEncrypt*', async () => {
      const { ReEncryptCommand } = await loadSdk();
      return new ReEncryptCommand({
        CiphertextBlob: wrapped,
        SourceEncryptionContext: context,
        DestinationKeyId: this.#keyId,
        DestinationEncryptionContext: context,
      });
    });
    return this.#wrappedIn(answer);
  }

  holds(keyId: string): boolean | undefined {
    return this.#own.isEmpty ? undefined : this.#own.has(keyId);
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async #checkAllowed(keyId: string, signal: AbortSignal): Promise<void> {
    // With an alias, and before the first data key is made, only asking tells which key is ours.
    if (!this.#keyArns.has(keyId) && this.#mayGenerate && this.#own.isEmpty) await this.#learnOwnArn(signal);
    if (this.#keyArns.has(keyId)) return;
    throw wrongKey(
      keyId,
      `The value's data key is wrapped by the KMS key ${keyId}, which is not allowed here. ` +
        'If it is an earlier key of yours, add that ARN to decryptKeyArns.',
    );
  }

  /** Makes a data key only for the ARN in the answer. Reads that come together share the call. */
  #learnOwnArn(signal: AbortSignal): Promise<void> {
    this.#learning ??= this.generateDataKey({ signal })
      .then(({ plaintext }) => void plaintext.fill(0))
      .finally(() => {
        this.#learning = undefined;
      });
    return this.#learning;
  }

  #wrappedIn({ CiphertextBlob: wrapped, KeyId: keyId }: Answer): WrappedDataKey {
    if (wrapped === undefined || keyId === undefined) throw incomplete(this.#keyId);
    if (!isReadable(wrapped)) throw unreadable(this.#keyId, wrapped.length);
    if (!mayBe(this.#keyId, keyId)) {
      throw wrongKey(
        keyId,
        `AWS KMS wrapped a key under ${keyId}, and ${this.#keyId} was asked for. Check the endpoint of the client.`,
      );
    }
    this.#learn(keyId);
    return { wrapped, keyId };
  }

  #learn(keyId: string): void {
    this.#keyArns.add(keyId);
    this.#own.add(keyId);
  }

  /** What a row of a key table is bound to cannot be taken out by a context of the application. */
  #contextOf(
    bare: boolean | undefined,
    binding: Readonly<Record<string, string>> | undefined,
  ): Record<string, string> | undefined {
    if (bare === true) return undefined;
    return binding === undefined ? this.#encryptionContext : { ...this.#encryptionContext, ...binding };
  }

  async #send(signal: AbortSignal, action: KmsAction, makeCommand: () => Promise<KmsCommand>): Promise<Answer> {
    let origin: CallOrigin | undefined;
    try {
      const client = await this.#client.client();
      const command = await makeCommand();
      origin = new CallOrigin(command);
      return (await client.send(command, { abortSignal: signal })) as Answer;
    } catch (error) {
      const region = await this.#client.region();
      const isRequest = origin?.isRequest(error) === true;
      throw translateAwsError(error, { action, keyId: this.#keyId, region, isRequest });
    }
  }
}

function wrongKey(keyId: string, message: string): SqlcrypterError {
  return new SqlcrypterError('KMS_WRONG_KEY', message, { keyRef: keyId });
}

/** Whether Decrypt will take a wrapped key: what is written under any other could never be read. */
function isReadable({ length }: Uint8Array): boolean {
  return length >= 1 && length <= MAX_BLOB_LENGTH;
}

function unreadable(keyId: string, length: number): SqlcrypterError {
  return new SqlcrypterError(
    'CONFIG',
    `The KMS wrapped a key under ${keyId} into ${length} bytes, and AWS KMS unwraps 1 to ${MAX_BLOB_LENGTH}. Nothing was ` +
      'encrypted under it. Check the endpoint of the client: is it AWS KMS?',
    { keyRef: keyId },
  );
}

function incomplete(keyId: string): SqlcrypterError {
  return new SqlcrypterError(
    'KMS_UNAVAILABLE',
    'AWS KMS gave an answer without a data key or without its KeyId. Check the endpoint: is it a KMS?',
    { keyRef: keyId },
  );
}
