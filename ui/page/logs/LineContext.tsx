// The lines of the same stream before and after one line: asked for when somebody wants them, and more of them when they want more.

import { useState } from 'react';
import { useLive } from '../../data/Live.tsx';
import { streamQuery } from '../../data/links.ts';
import { levelColour, levelOf } from '../../data/levels.ts';
import { entryKey, inOrder, msOf } from '../../data/log-lines.ts';
import type { LogEntry } from '../../data/log-lines.ts';
import { lines, nsOf } from '../../data/log-questions.ts';
import { useAnswer } from '../../data/use-answer.ts';
import { Button } from '../../kit/Controls.tsx';
import { LineText } from './LineText.tsx';
import { drawnText, timeText } from './line-rows.ts';
import css from './detail.module.css';

const STEP = 5;
const LINES_MAX = 200;
/** How far from the line is looked. */
const REACH_MS = 6 * 3_600_000;
const NO_TERMS: readonly never[] = [];

export function LineContext({ entry, onOpen }: { readonly entry: LogEntry; readonly onOpen: (entry: LogEntry) => void }) {
  const { zone } = useLive();
  const [before, setBefore] = useState(0);
  const [after, setAfter] = useState(0);
  const ms = msOf(entry);
  const query = streamQuery(entry.stream);
  // One more than is wanted, because the line itself may be among those of its own nanosecond.
  const earlier = useAnswer(
    before === 0 ? undefined : lines({ query, startNs: nsOf(ms - REACH_MS), endNs: entry.ns, limit: before, direction: 'backward' }),
  );
  const later = useAnswer(
    after === 0 ? undefined : lines({ query, startNs: entry.ns, endNs: nsOf(ms + REACH_MS), limit: after + 1, direction: 'forward' }),
  );
  const own = entryKey(entry);
  const above = inOrder(earlier.data?.value ?? [], 'forward');
  const below = (later.data?.value ?? []).filter((each) => entryKey(each) !== own).slice(0, after);
  if (before === 0 && after === 0) {
    return (
      <Button
        onClick={() => {
          setBefore(STEP);
          setAfter(STEP);
        }}
      >
        Show lines around it
      </Button>
    );
  }
  const row = (each: LogEntry, mark = false) => (
    <button
      key={`${each.ns} ${entryKey(each)}`}
      type="button"
      className={css.around}
      aria-current={mark}
      title={levelOf(each)}
      onClick={() => onOpen(each)}
    >
      <i style={{ background: levelColour(levelOf(each)) }} aria-hidden />
      <time>{timeText(each, zone, false)}</time>
      <span>
        <LineText text={drawnText(each.line, false)} terms={NO_TERMS} />
      </span>
    </button>
  );
  return (
    <div className={css.context} aria-busy={earlier.isFetching || later.isFetching}>
      <More
        error={earlier.error}
        done={earlier.isSuccess && !earlier.isPlaceholderData && above.length < before}
        count={before}
        end="No earlier lines within six hours"
        onMore={setBefore}
      >
        {STEP * 2} earlier
      </More>
      {above.map((each) => row(each))}
      {row(entry, true)}
      {below.map((each) => row(each))}
      <More
        error={later.error}
        done={later.isSuccess && !later.isPlaceholderData && below.length < after}
        count={after}
        end="No later lines within six hours"
        onMore={setAfter}
      >
        {STEP * 2} later
      </More>
    </div>
  );
}

interface MoreProps {
  readonly error: Error | null;
  readonly done: boolean;
  readonly count: number;
  readonly end: string;
  readonly onMore: (count: number) => void;
  readonly children: readonly (string | number)[];
}

function More({ error, done, count, end, onMore, children }: MoreProps) {
  if (error) return <div className={css.failed}>The lines around it are missing: {error.message}</div>;
  if (done) return <div className={css.said}>{end}.</div>;
  if (count >= LINES_MAX) return <div className={css.said}>{LINES_MAX} lines are shown at most. Query the stream to see more.</div>;
  return <Button onClick={() => onMore(Math.min(LINES_MAX, count + STEP * 2))}>{children}</Button>;
}
