import { LocalKmsError } from './local-kms-error.js';

/** Where in a seed a value stands. Errors name the place and the expectation, never the value, which may be a key. */
export class SeedPath {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  to(name: string): SeedPath {
    return new SeedPath(`${this.#path}, ${name}`);
  }

  expected(what: string): LocalKmsError {
    return new LocalKmsError('SEED', `${this.#path}: expected ${what}.`);
  }

  record(value: unknown): Record<string, unknown> {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
    throw this.expected('a mapping');
  }

  /** The entries of a list with their places; none where the list is absent. */
  list(value: unknown): [unknown, SeedPath][] {
    if (isAbsent(value)) return [];
    if (!Array.isArray(value)) throw this.expected('a list');
    return value.map((entry, index) => [entry, this.to(String(index + 1))]);
  }

  text(value: unknown, fallback?: string): string {
    if (isAbsent(value) && fallback !== undefined) return fallback;
    if (typeof value === 'string' && value !== '') return value;
    throw this.expected('a text');
  }

  matching(value: unknown, pattern: RegExp, what: string): string {
    if (typeof value === 'string' && pattern.test(value)) return value;
    throw this.expected(what);
  }
}

/** YAML without types has an empty text where nothing stands. */
export function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}
