import { beforeEach } from 'vitest';

/**
 * Tests that do one thing a million times, to show what only a large number shows. Each changed source would wait for
 * them, with its counters in place for minutes. Left out, they can only lower the score.
 */
const REPETITIVE = [
  'do not repeat in a million values',
  'gives a million different slices, over many refills',
  'answers 100,000 changed and random frames with codes only',
  'is what its source builds',
  'lets the event loop have its turns, with engine auto',
  'lets the event loop have its turns, with engine node',
  'of 100,000 wrapped keys costs no more than the budget, and the hot key stays in memory',
  'covers the retries of the SDK',
  'in thousands of scopes cost no more calls to the KMS than in one',
  'is bounded: of more than 10,000 failures the oldest is forgotten',
  'has no gap and one call at a time under 10,000 concurrent writers, over HTTP',
];

beforeEach(({ task, skip }) => skip(REPETITIVE.includes(task.name), 'too slow for mutation tests'));
