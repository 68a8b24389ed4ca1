/** What came of one part of the long tests. */
export interface PartResult {
  /** `stopped`: somebody interrupted it, and nothing had failed until then. */
  readonly outcome: 'passed' | 'failed' | 'stopped';
  /** What was found, in one line for docs/test-long.md. */
  readonly summary: string;
  /** Everything that was found, in Markdown that a terminal shows well, too. */
  readonly report: string;
}

/** What each part is given. */
export interface PartOptions {
  /** Minutes of the soak. */
  readonly minutes: number;
  /** Test runners at once, of the mutation tests. */
  readonly concurrency: number;
  /** How many values are decrypted by the part that is about many of them. */
  readonly values: number;
  /** Fires when somebody interrupts the program: a part ends soon then, with what it has so far. */
  readonly stop: AbortSignal;
}

/** One part of the long tests. */
export interface Part {
  readonly title: string;
  run(options: PartOptions): Promise<PartResult>;
}
