// The labels of the streams that the query chooses from, each with its values: a click asks for one value of a label.

import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { useState } from 'react';
import type { Matcher } from '../../../src/query/matchers.ts';
import { useLive } from '../../data/Live.tsx';
import { labelCounts, streamLabelValues, streamLabels } from '../../data/log-questions.ts';
import { addStreamMatcher, matchersOf, printMatchers, removeStreamMatcher } from '../../data/logql-text.ts';
import { alignSpan } from '../../data/time-range.ts';
import { countText } from '../../data/units.ts';
import { useAnswer } from '../../data/use-answer.ts';
import { inputClass } from '../../kit/Controls.tsx';
import { Failed, Skeleton } from '../../kit/States.tsx';
import css from './browser.module.css';

interface LabelBrowserProps {
  readonly query: string;
  readonly onRun: (query: string) => void;
}

const LISTED_MAX = 500;

export function LabelBrowser({ query, onRun }: LabelBrowserProps) {
  const { span } = useLive();
  const [find, setFind] = useState('');
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const around = alignSpan(span, 60_000);
  const names = useAnswer(streamLabels('{}', around), 'minute');
  const counts = useAnswer(labelCounts('{}', around), 'minute');
  if (names.error) return <Failed title="The labels cannot be listed" error={names.error} onRetry={() => void names.refetch()} />;
  if (names.data === undefined) return <Skeleton rows={10} />;
  const labels = names.data.value;
  const valuesOf = (name: string): number | undefined => counts.data?.value.find((each) => each.name === name)?.values;
  const toggle = (name: string): void => {
    const next = new Set(open);
    if (!next.delete(name)) next.add(name);
    setOpen(next);
  };
  return (
    <div className={css.browser}>
      <input
        className={inputClass}
        value={find}
        placeholder="Find a label or an open label's value"
        aria-label="Find a label or a value"
        onChange={(event) => setFind(event.target.value)}
        spellCheck={false}
      />
      <div className={css.labels}>
        {labels
          .filter((name) => open.has(name) || name.includes(find))
          .map((name) => (
            <div key={name}>
              <LabelButton name={name} values={valuesOf(name)} open={open.has(name)} onToggle={() => toggle(name)} />
              {open.has(name) && <Values label={name} find={find} query={query} onRun={onRun} />}
            </div>
          ))}
        {labels.length === 0 && <p>No stream has a label in this time range.</p>}
      </div>
    </div>
  );
}

interface LabelButtonProps {
  readonly name: string;
  /** How many; not known for labels whose values are ids. */
  readonly values: number | undefined;
  readonly open: boolean;
  readonly onToggle: () => void;
}

function LabelButton({ name, values, open, onToggle }: LabelButtonProps) {
  return (
    <button type="button" className={css.label} aria-expanded={open} onClick={onToggle}>
      {open ? <IconChevronDown size={14} aria-hidden /> : <IconChevronRight size={14} aria-hidden />}
      <code>{name}</code>
      <span>{values === undefined ? '' : countText(values)}</span>
    </button>
  );
}

/** The values that streams have which fit the query's other matchers. */
function Values({ label, find, query, onRun }: LabelBrowserProps & { readonly label: string; readonly find: string }) {
  const { span } = useLive();
  const matchers = matchersOf(query);
  const others = matchers.filter(({ name }) => name !== label);
  const values = useAnswer(streamLabelValues(label, printMatchers(others), alignSpan(span, 60_000)), 'minute');
  if (values.error) return <p className={css.error}>{values.error.message}</p>;
  if (values.data === undefined) return <Skeleton rows={3} />;
  const all = values.data.value;
  const sought = find.toLowerCase();
  const found = label.includes(find) ? all : all.filter((value) => value.toLowerCase().includes(sought));
  return (
    <div className={css.values}>
      {found.slice(0, LISTED_MAX).map((value) => {
        const matcher: Matcher = { name: label, op: '=', value };
        const chosen = matchers.some((m) => m.name === label && m.op === '=' && m.value === value);
        return (
          <button
            key={value}
            type="button"
            aria-pressed={chosen}
            title={value}
            onClick={() => onRun(chosen ? removeStreamMatcher(query, matcher) : addStreamMatcher(query, matcher))}
          >
            {value}
          </button>
        );
      })}
      {all.length === 0 && <p>No stream that fits the other matchers has this label.</p>}
      {all.length > 0 && found.length === 0 && <p>No such value.</p>}
      {found.length > LISTED_MAX && <p>and {found.length - LISTED_MAX} more: type above to narrow</p>}
    </div>
  );
}
