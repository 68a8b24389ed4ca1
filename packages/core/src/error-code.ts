/** The stable code of a `SqlcrypterError`. Messages may be reworded; a code never changes its meaning. */
export type ErrorCode =
  /** Begins as a frame but is shorter than its header, nonce and tag require. */
  | 'FRAME_TRUNCATED'
  /** Neither a frame nor an allowed frame of the Go library: plaintext, text, empty. */
  | 'FRAME_UNKNOWN'
  /** A frame of another version, suite, kind or provider. */
  | 'FRAME_UNSUPPORTED'
  /** The frame names a key that this crypterer does not have. */
  | 'KEY_NOT_FOUND'
  /** A synchronous call needs a key that is not in memory yet. */
  | 'KEY_NOT_LOADED'
  /** The unwrapped key is not the one the frame committed to. */
  | 'KEY_COMMITMENT'
  /** The KMS key is disabled or pending deletion. */
  | 'KEY_DISABLED'
  /** The key was destroyed on purpose: its scope was erased. */
  | 'KEY_DESTROYED'
  /** The key was found and the value does not authenticate under it and the given context. */
  | 'AUTH_FAILED'
  /** The current data key has reached its hard limit and no new one is to be had. */
  | 'DEK_EXHAUSTED'
  /** The KMS did not answer within the deadline. */
  | 'KMS_TIMEOUT'
  /** The KMS throttled the call. */
  | 'KMS_THROTTLED'
  /** The KMS could not be reached or failed on its side. */
  | 'KMS_UNAVAILABLE'
  /** This crypterer's own limit on unwraps, applied before the KMS is called. */
  | 'KMS_RATE_LIMITED'
  /** The KMS refused the caller's permissions. */
  | 'KMS_DENIED'
  /** The KMS answered with a key that is not allowed here. */
  | 'KMS_WRONG_KEY'
  /** The KMS refused the wrapped key, or what it unwrapped is not a 256-bit key. */
  | 'KMS_INVALID_BLOB'
  /** The store of wrapped keys could not be read or written. */
  | 'KEY_STORE_UNAVAILABLE'
  /** A name or value of the context is not allowed. */
  | 'CONTEXT_INVALID'
  /** An argument or value has the wrong type. */
  | 'INVALID_ARGUMENT'
  /** The plaintext is larger than a frame, or the column as it was declared, can hold. */
  | 'PLAINTEXT_TOO_LARGE'
  /** An option is missing or wrong. */
  | 'CONFIG'
  /** This provider or adapter does not have the asked capability. */
  | 'UNSUPPORTED'
  /** A provider threw something without a code: a defect of that provider. */
  | 'PROVIDER_FAILED'
  /** No crypterer of that name has been registered. */
  | 'NOT_INITIALIZED'
  /** Another crypterer holds that place already. */
  | 'ALREADY_INITIALIZED'
  /** The crypterer was closed. */
  | 'DISPOSED'
  /** The caller's signal fired. */
  | 'ABORTED';

const RETRYABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'DEK_EXHAUSTED',
  'KMS_TIMEOUT',
  'KMS_THROTTLED',
  'KMS_UNAVAILABLE',
  'KMS_RATE_LIMITED',
  'KEY_STORE_UNAVAILABLE',
]);

/** Whether the same call may succeed later without a change. */
export function isRetryable(code: ErrorCode): boolean {
  return RETRYABLE.has(code);
}
