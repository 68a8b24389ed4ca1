const STATUS_OF: Readonly<Record<string, number>> = {
  DependencyTimeoutException: 503,
  InternalFailureException: 500,
  KMSInternalException: 500,
  KeyUnavailableException: 500,
  ServiceUnavailableException: 503,
};

/** An exception as KMS puts it on the wire: `name` becomes `__type`. Methods called directly throw it as it is. */
export class AwsError extends Error {
  override readonly name: string;
  /** HTTP status that goes with the name: 400 for nearly all of them. */
  readonly status: number;

  constructor(name: string, message: string, status: number = STATUS_OF[name] ?? 400) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

export function validationError(detail: string): AwsError {
  return new AwsError('ValidationException', `1 validation error detected: ${detail}`);
}

export function notFound(message: string): AwsError {
  return new AwsError('NotFoundException', message);
}

export function unsupported(message: string): AwsError {
  return new AwsError('UnsupportedOperationException', message);
}

/** One message for a tampered blob and a wrong context: KMS does not tell them apart either. */
export function invalidCiphertext(): AwsError {
  return new AwsError(
    'InvalidCiphertextException',
    'The ciphertext is corrupted, was not made by this KMS key, or the encryption context is not the one it was encrypted with.',
  );
}

export function throttled(): AwsError {
  return new AwsError(
    'ThrottlingException',
    'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.',
  );
}

export function accessDenied(operation: string, accountId: string): AwsError {
  return new AwsError(
    'AccessDeniedException',
    `User: arn:aws:iam::${accountId}:user/local is not authorized to perform: kms:${operation} on this resource ` +
      `because no identity-based policy allows the kms:${operation} action`,
  );
}
