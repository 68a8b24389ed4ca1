import type { LocalKms } from '@sqlcrypter/local-kms';

/** Points the AWS SDK of another process at a local KMS. */
export function kmsEnvironment({ endpoint, region }: LocalKms): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_KMS: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    // The SDK warns on Node 20, which it is about to leave behind.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
}
