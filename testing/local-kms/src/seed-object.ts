/** A key of a seed, in the form that nsmithuk/local-kms reads too. */
export interface SeedKey {
  readonly Metadata: {
    /** A UUID, or `mrk-…` for a multi-Region primary key. */
    readonly KeyId: string;
    readonly Description?: string;
    /** EXTERNAL: imported key material, at most one backing key; none means that the import is pending. */
    readonly Origin?: 'AWS_KMS' | 'EXTERNAL';
  };
  /** 32 bytes each, as 64 hexadecimal digits; the last one encrypts. */
  readonly BackingKeys: readonly string[];
  /** A date in the past adds one random backing key at start. */
  readonly NextKeyRotation?: string;
}

export interface SeedAlias {
  readonly AliasName: string;
  /** Id of a key of the same seed. */
  readonly TargetKeyId: string;
}

/** What a seed file holds. `Keys` as a plain list is the older form of the same. */
export interface SeedObject {
  readonly Keys: { readonly Symmetric: { readonly Aes: readonly SeedKey[] } } | readonly SeedKey[];
  readonly Aliases?: readonly SeedAlias[];
}
