import { SqlcrypterError } from '@sqlcrypter/core';
import type { KeyService } from '@sqlcrypter/core/provider';

/** Errors: `CONFIG` for anything that is not a key service, named as the caller knows it. */
export function checkKeyService(service: KeyService, name: string): KeyService {
  const { provider, scheme, generateDataKey, unwrapDataKey } = (service ?? {}) as Partial<KeyService>;
  const valid =
    Number.isInteger(provider) &&
    (provider as number) >= 1 &&
    (provider as number) <= 255 &&
    typeof scheme === 'string' &&
    scheme !== '' &&
    typeof generateDataKey === 'function' &&
    typeof unwrapDataKey === 'function';
  if (valid) return service;
  throw new SqlcrypterError(
    'CONFIG',
    `${name} is not a key service. Expected an object with provider (1 to 255), scheme, generateDataKey and ` +
      'unwrapDataKey.',
  );
}
