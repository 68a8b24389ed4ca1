import { inspect, isDeepStrictEqual } from 'node:util';
import { refusalOf } from './refusal.js';
import { indentLines, recordLines, wrap } from './text-layout.js';
import { TourFailure } from './tour-failure.js';

const PROSE = '    ';
const VERBATIM = '      ';
const CHECKED = '    ok  ';
const DETAIL = '          ';

/** What the tour has shown so far. */
export interface TourCounts {
  readonly sections: number;
  readonly checks: number;
  /** How many attempts were refused, by reason. */
  readonly refusals: ReadonlyMap<string, number>;
}

/** Tells what is done and what comes of it, and ends the tour with a `TourFailure` where it comes differently. */
export class Narrator {
  readonly #signal: AbortSignal;
  readonly #write: (line: string) => void;
  #gapAllowed = false;
  #parts = 0;
  #sections = 0;
  #checks = 0;
  readonly #refusals = new Map<string, number>();

  /** @param signal ends the tour before its next section. */
  constructor(signal: AbortSignal, write: (line: string) => void = console.log) {
    this.#signal = signal;
    this.#write = write;
  }

  get counts(): TourCounts {
    return { sections: this.#sections, checks: this.#checks, refusals: new Map(this.#refusals) };
  }

  /** Begins a part of the tour. */
  part(title: string): void {
    this.#parts += 1;
    const heading = `Part ${this.#parts}: ${title}`;
    this.#gap();
    this.#print([heading, '='.repeat(heading.length)]);
  }

  /** Begins the next section: one idea. */
  section(title: string): void {
    this.#signal.throwIfAborted();
    this.#sections += 1;
    this.#gap();
    this.#print([`${String(this.#sections).padStart(2)}. ${title}`]);
    this.#gapAllowed = false;
  }

  tell(prose: string): void {
    this.#gap();
    this.#print(wrap(prose, PROSE));
  }

  /** Shows code, SQL or output as it is. */
  show(text: string): void {
    this.#gap();
    this.#print(indentLines(text, VERBATIM));
    this.#gap();
  }

  /** Shows a row as the database gives it to anybody who may read the table. */
  showRow(row: Readonly<Record<string, string | null>>): void {
    this.show(recordLines(row).join('\n'));
  }

  /** Goes on only if it is true. */
  check(sentence: string, isTrue: boolean): void {
    if (!isTrue) throw new TourFailure(`Not so: ${sentence}`);
    this.#ok(sentence);
  }

  /** Tells a value, and goes on only if it is the expected one. */
  checkValue(what: string, value: unknown, expected: unknown): void {
    if (!isDeepStrictEqual(value, expected)) {
      throw new TourFailure(`${what}: ${inspect(value)}\nExpected: ${inspect(expected)}`);
    }
    this.#ok(`${what}: ${typeof value === 'string' ? value : inspect(value, { breakLength: Infinity })}`);
  }

  /** Goes on only if the attempt is refused for that reason: an error's code, or `CHECK`. */
  async checkRefused(what: string, reason: string, attempt: () => unknown): Promise<void> {
    const refusal = await refusalOf(attempt);
    if (refusal?.reason !== reason) {
      throw new TourFailure(`${what}: ${refusal?.message ?? 'not refused'}\nExpected to be refused: ${reason}`);
    }
    const count = this.#refusals.get(reason) ?? 0;
    this.#refusals.set(reason, count + 1);
    this.#ok(`refused (${reason}): ${what}`);
    // The same reason comes with much the same message.
    if (count === 0) this.#print(wrap(refusal.message, DETAIL));
  }

  #ok(sentence: string): void {
    this.#checks += 1;
    this.#print(wrap(sentence, CHECKED));
  }

  /** One empty line, but neither two nor one below a title. */
  #gap(): void {
    if (this.#gapAllowed) this.#write('');
    this.#gapAllowed = false;
  }

  #print(lines: readonly string[]): void {
    for (const line of lines) this.#write(line);
    this.#gapAllowed = true;
  }
}
