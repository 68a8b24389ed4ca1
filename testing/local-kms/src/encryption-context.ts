/** The encryption context of a KMS request: names and values that the blob is bound to. */
export type KmsEncryptionContext = Readonly<Record<string, string>>;

/** Pairs as bytes, in the order of the names' bytes. */
function sortedPairs(context: KmsEncryptionContext): [Buffer, Buffer][] {
  return Object.entries(context)
    .map(([name, value]): [Buffer, Buffer] => [Buffer.from(name), Buffer.from(value)])
    .sort(([a], [b]) => Buffer.compare(a, b));
}

/**
 * Names and values joined without a separator, as nsmithuk/local-kms does. `{ col: 'ssn' }` and `{ cols: 'sn' }` are
 * the same here; blobs that exist depend on it.
 */
export function joinedContext(context: KmsEncryptionContext): Buffer {
  return Buffer.concat(sortedPairs(context).flat());
}

/** Names and values with their lengths before them, so that no two contexts have the same bytes. */
export function framedContext(context: KmsEncryptionContext): Buffer {
  return Buffer.concat(
    sortedPairs(context)
      .flat()
      .flatMap((part) => [uint32(part.length), part]),
  );
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
