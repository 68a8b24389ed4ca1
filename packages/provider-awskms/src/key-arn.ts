/** The parts of a KMS key ARN that decide whether two name the same key. */
interface KeyArn {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  readonly keyId: string;
}

const KEY_ARN = /^arn:([^:]+):kms:([^:]+):(\d{12}):key\/([A-Za-z0-9-]+)$/;

/** The parts of a key ARN, or undefined if the text is none: an alias, an alias ARN or a bare key id. */
export function parseKeyArn(text: string): KeyArn | undefined {
  const match = KEY_ARN.exec(text);
  if (match === null) return undefined;
  const [, partition, region, account, keyId] = match as unknown as [string, string, string, string, string];
  return { partition, region, account, keyId };
}

/** The Region in a key or alias ARN, or undefined. */
export function regionOf(keyId: string): string | undefined {
  return /^arn:[^:]+:kms:([^:]+):/.exec(keyId)?.[1];
}

/** Whether a key that was asked for may answer with this ARN. What an alias points to, only the KMS knows. */
export function mayBe(keyId: string, arn: string): boolean {
  if (parseKeyArn(keyId) !== undefined) return nameOf(keyId) === nameOf(arn);
  if (keyId.includes('alias/')) return true;
  return parseKeyArn(arn)?.keyId === keyId;
}

/** Keys that an answer of the KMS may come from. */
export class KeyArns {
  readonly #names = new Set<string>();

  add(arn: string): void {
    this.#names.add(nameOf(arn));
  }

  has(arn: string): boolean {
    return this.#names.has(nameOf(arn));
  }

  /** All of them, whatever their order was. */
  get names(): string {
    return [...this.#names].sort().join(' ');
  }

  get isEmpty(): boolean {
    return this.#names.size === 0;
  }
}

/** The replicas of a multi-Region key are one key: the Region is left out of their name. */
function nameOf(arn: string): string {
  const parts = parseKeyArn(arn);
  if (parts === undefined || !parts.keyId.startsWith('mrk-')) return arn;
  return `${parts.partition} ${parts.account} ${parts.keyId}`;
}
