// The texts that recur in a query's lines: how often, when, and the lines of one of them or of all others a click away.

import { IconMinus, IconPlus } from '@tabler/icons-react';
import { levelColour, levelOfWord } from '../../data/levels.ts';
import { useLive } from '../../data/Live.tsx';
import { patterns } from '../../data/log-questions.ts';
import type { Pattern } from '../../data/log-questions.ts';
import { addPatternFilter } from '../../data/logql-text.ts';
import { stepFor } from '../../data/time-range.ts';
import type { Span } from '../../data/time-range.ts';
import { countText } from '../../data/units.ts';
import { useAnswer } from '../../data/use-answer.ts';
import { IconButton } from '../../kit/Controls.tsx';
import { Empty, Failed, Notices, Skeleton } from '../../kit/States.tsx';
import { barsPath, sparkBars } from './sparkline.ts';
import css from './tables.module.css';

interface PatternsProps {
  readonly query: string;
  /** Runs a query and shows its lines. */
  readonly onLines: (query: string) => void;
}

const BARS = 60;
const HEIGHT = 18;

export function Patterns({ query, onLines }: PatternsProps) {
  const { span } = useLive();
  const answer = useAnswer(patterns(query, span, stepFor(span, BARS * 2)));
  if (answer.error) return <Failed title="Patterns cannot be shown" error={answer.error} onRetry={() => void answer.refetch()} />;
  if (answer.data === undefined) return <Skeleton rows={12} />;
  const { value: found, warnings } = answer.data;
  if (found.length === 0) {
    return (
      <Empty title="No patterns">
        <p>No text recurs in the lines of this query in this time range. Widen the range, or take a filter away.</p>
      </Empty>
    );
  }
  const total = found.reduce((sum, { count }) => sum + count, 0);
  return (
    <>
      <Notices texts={warnings} />
      <div className={css.scroll} data-dim={answer.isPlaceholderData} tabIndex={0} role="region" aria-label="Patterns">
        <table className={`${css.table} ${css.patterns}`}>
          <thead>
            <tr>
              <th scope="col">Lines</th>
              <th scope="col">Part</th>
              <th scope="col">Over time</th>
              <th scope="col">Filter</th>
              <th scope="col">Pattern</th>
            </tr>
          </thead>
          <tbody>
            {found.map((each) => (
              <PatternRow
                key={`${each.level} ${each.pattern}`}
                pattern={each}
                total={total}
                span={span}
                onFilter={(keep) => onLines(addPatternFilter(query, each.pattern, keep))}
              />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

interface PatternRowProps {
  readonly pattern: Pattern;
  readonly total: number;
  readonly span: Span;
  readonly onFilter: (keep: boolean) => void;
}

function PatternRow({ pattern: { pattern, level, count, samples }, total, span, onFilter }: PatternRowProps) {
  const path = barsPath(sparkBars(samples, span.startMs / 1000, span.endMs / 1000, BARS), HEIGHT);
  const known = levelOfWord(level);
  return (
    <tr>
      <td className={css.number}>{countText(count)}</td>
      <td className={css.number}>{((count / Math.max(1, total)) * 100).toPrecision(2)} %</td>
      <td>
        <svg className={css.spark} viewBox={`0 0 ${BARS} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden>
          <path d={path} style={{ fill: level === '' ? 'var(--accent)' : levelColour(known) }} />
        </svg>
      </td>
      <td className={css.buttons}>
        <IconButton label="Only lines of this pattern" onClick={() => onFilter(true)}>
          <IconPlus size={14} aria-hidden />
        </IconButton>
        <IconButton label="Only lines of other patterns" onClick={() => onFilter(false)}>
          <IconMinus size={14} aria-hidden />
        </IconButton>
      </td>
      <td className={css.pattern}>
        <div title={pattern}>
          {level !== '' && <b style={{ color: levelColour(known) }}>{level} </b>}
          <PatternText pattern={pattern} />
        </div>
      </td>
    </tr>
  );
}

/** The text with its holes quieter than what stands still. */
function PatternText({ pattern }: { readonly pattern: string }) {
  return pattern.split(/(<[^<>\s]*>)/).map((part, i) => (i % 2 === 1 ? <i key={i}>{part}</i> : part));
}
