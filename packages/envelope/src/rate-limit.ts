import { SqlcrypterError } from '@sqlcrypter/core';
import { TokenBucket } from 'limiter';

/**
 * A check before each unwrap: at most `rps` a second on average, `burst` at once, the bucket full at the start. Over it
 * the check throws `KMS_RATE_LIMITED` without waiting.
 */
export function createRateLimit(limit: { readonly rps: number; readonly burst: number } | undefined): () => void {
  if (limit === undefined) return () => undefined;
  const bucket = new TokenBucket({ bucketSize: limit.burst, tokensPerInterval: limit.rps, interval: 1_000 });
  bucket.content = limit.burst;
  return () => {
    if (bucket.tryRemoveTokens(1)) return;
    throw new SqlcrypterError(
      'KMS_RATE_LIMITED',
      `Too many data keys were asked for at once: the limit of ${limit.rps} unwraps a second (burst ${limit.burst}) is ` +
        'used up, and the KMS was not called. Answer the request with HTTP 429, or raise decryptRateLimit.',
    );
  };
}
