import { AwsError, validationError } from './aws-error.js';
import type { KmsEncryptionContext } from './encryption-context.js';

/** The JSON object of a request, its fields still unchecked. */
export type RequestFields = Readonly<Record<string, unknown>>;

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** @throws AwsError SerializationException where the body is not a JSON object. */
export function parseFields(body: string): RequestFields {
  try {
    const value: unknown = JSON.parse(body);
    if (isRecord(value)) return value;
  } catch {
    // Falls through: broken JSON and JSON of another type get the same answer, which quotes nothing of the body.
  }
  throw serializationError('The request body is not a JSON object.');
}

export function optionalString(fields: RequestFields, name: string): string | undefined {
  const value = fields[name] ?? undefined;
  if (value === undefined || typeof value === 'string') return value;
  throw serializationError(`${name} is not a string.`);
}

/** A name or an identifier: 1 to 2048 characters. */
export function requiredString(fields: RequestFields, name: string): string {
  const value = optionalString(fields, name);
  if (value === undefined) throw missing(name);
  checkLength(name, value.length, 2048);
  return value;
}

/** As {@link requiredString}, for one that may be absent. */
export function optionalIdentifier(fields: RequestFields, name: string): string | undefined {
  return (fields[name] ?? undefined) === undefined ? undefined : requiredString(fields, name);
}

export function requiredBytes(fields: RequestFields, name: string, maximum: number): Buffer {
  const text = optionalString(fields, name);
  if (text === undefined) throw missing(name);
  if (!BASE64.test(text)) throw serializationError(`${name} is not base64.`);
  const bytes = Buffer.from(text, 'base64');
  checkLength(name, bytes.length, maximum);
  return bytes;
}

export function optionalInteger(
  fields: RequestFields,
  name: string,
  minimum: number,
  maximum: number,
): number | undefined {
  const value = fields[name] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value)) throw serializationError(`${name} is not an integer.`);
  if (value < minimum) throw outOfRange(name, value, `greater than or equal to ${minimum}`);
  if (value > maximum) throw outOfRange(name, value, `less than or equal to ${maximum}`);
  return value;
}

export function optionalBoolean(fields: RequestFields, name: string): boolean {
  const value = fields[name] ?? false;
  if (typeof value === 'boolean') return value;
  throw serializationError(`${name} is not a boolean.`);
}

export function encryptionContext(fields: RequestFields, name = 'EncryptionContext'): KmsEncryptionContext {
  const value = fields[name] ?? {};
  if (!isRecord(value) || !Object.values(value).every((entry) => typeof entry === 'string')) {
    throw serializationError(`${name} is not a map of strings.`);
  }
  return value as KmsEncryptionContext;
}

/** Only the symmetric algorithm exists here. */
export function requireSymmetric(fields: RequestFields, name: string): void {
  const algorithm = optionalString(fields, name) ?? 'SYMMETRIC_DEFAULT';
  if (algorithm === 'SYMMETRIC_DEFAULT') return;
  throw new AwsError(
    'InvalidKeyUsageException',
    `${name} ${algorithm} does not fit a symmetric key: SYMMETRIC_DEFAULT is expected.`,
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkLength(name: string, length: number, maximum: number): void {
  const wanted = length < 1 ? 'greater than or equal to 1' : length > maximum && `less than or equal to ${maximum}`;
  if (wanted) {
    throw validationError(
      `Value at '${memberName(name)}' failed to satisfy constraint: Member must have length ${wanted}`,
    );
  }
}

function outOfRange(name: string, value: number, wanted: string): AwsError {
  return validationError(
    `Value '${value}' at '${memberName(name)}' failed to satisfy constraint: Member must have value ${wanted}`,
  );
}

function missing(name: string): AwsError {
  return validationError(`Value null at '${memberName(name)}' failed to satisfy constraint: Member must not be null`);
}

function memberName(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

function serializationError(message: string): AwsError {
  return new AwsError('SerializationException', message);
}
