/** The parts of an ARN of a key or an alias. */
export interface KmsArn {
  readonly region: string;
  readonly accountId: string;
  /** `key/<id>` or `alias/<name>`. */
  readonly resource: string;
}

/** What the id of a key may be: AWS uses UUIDs and mrk- ids, tests may like to read names. */
export const KEY_ID: RegExp = /^[A-Za-z0-9_-]{1,128}$/;
export const ALIAS_NAME: RegExp = /^alias\/[a-zA-Z0-9/_-]{1,250}$/;
export const REGION: RegExp = /^[a-z0-9-]{1,40}$/;

const KMS_ARN = /^arn:aws:kms:([a-z0-9-]+):(\d{12}):((?:key|alias)\/.+)$/;

/** The parts of a KMS ARN, or undefined where the text is none. */
export function parseArn(text: string): KmsArn | undefined {
  const match = KMS_ARN.exec(text);
  if (!match) return undefined;
  const [, region = '', accountId = '', resource = ''] = match;
  return { region, accountId, resource };
}

export function formatArn(arn: KmsArn): string {
  return `arn:aws:kms:${arn.region}:${arn.accountId}:${arn.resource}`;
}

/** The id of the key that an ARN names, or undefined for an alias. */
export function keyIdOf(arn: KmsArn): string | undefined {
  return arn.resource.startsWith('key/') ? arn.resource.slice('key/'.length) : undefined;
}
