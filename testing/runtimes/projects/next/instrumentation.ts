/** Next.js calls this once when a server starts, before its first request, and not while it builds. */
export async function register(): Promise<void> {
  // In this form, because what stands inside is then left out of the build for the Edge runtime, which has no node:crypto.
  if (process.env.NEXT_RUNTIME === 'nodejs') {
    const { createAesCrypterer, init, parseKey } = await import('@sqlcrypter/aes');
    init(createAesCrypterer({ key: parseKey(process.env.SQLCRYPTER_KEY) }));
  }
}
