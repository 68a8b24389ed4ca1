import 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** Why a test is skipped, for the report of `npm test`. */
    skipReason?: string;
  }
}
