/** Why the local KMS could not do what it was asked to do outside the wire protocol. */
export type LocalKmsErrorCode =
  /** An option of `startLocalKms`, `setFault` or the command line has a value that cannot be used. */
  | 'CONFIG'
  /** The seed cannot be read, or does not have the form that is expected. */
  | 'SEED'
  /** The port cannot be listened on. */
  | 'LISTEN';

/** Thrown by the local KMS itself. What AWS would answer is an {@link AwsError} instead. */
export class LocalKmsError extends Error {
  override readonly name = 'LocalKmsError';
  readonly code: LocalKmsErrorCode;

  constructor(code: LocalKmsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
