// Counter resets by start timestamps: a sample that says when its counting began tells of a reset that its value hides.
//
// Source: Prometheus 3.14, feature `promql-start-timestamps`; OpenTelemetry metrics data model, "Temporality" and "Unknown start time".

/** Whether the start timestamps of two samples in a row tell of a reset between them. */
export function startsAnew(previousStart: number, previousMs: number, start: number, ms: number): boolean {
  // A start at or after its own sample is no start: it is invalid, or OpenTelemetry's way to say that it is unknown.
  if (start === 0 || start >= ms) return false;
  if (start !== previousMs) return start > previousMs;
  // Counting began with the sample before: a series of deltas, or a cumulative one whose first sample stands for its unknown start.
  return previousStart !== 0 && previousStart < previousMs;
}
