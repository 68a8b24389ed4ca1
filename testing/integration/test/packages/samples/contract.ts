import { createAesCrypterer, generateKey } from '@sqlcrypter/aes';
import { describeCrypterer } from '@sqlcrypter/contract';

const key = generateKey();
const otherKey = generateKey();

describeCrypterer({
  name: 'aes, as somebody outside would',
  capabilities: { sync: true, closeable: true },
  create: () => createAesCrypterer({ key }),
  createOther: () => createAesCrypterer({ key: otherKey }),
});
