// Time as an argument: evaluation and schedules receive a clock, tests hand in their own.

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
