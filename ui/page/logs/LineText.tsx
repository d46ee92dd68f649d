// The text of a line with its colours and with the words that the query looks for.

import { memo } from 'react';
import type { Term } from '../../data/logql-text.ts';
import { segmentsOf } from './line-segments.ts';
import css from './lines.module.css';

interface LineTextProps {
  readonly text: string;
  readonly terms: readonly Term[];
}

export const LineText = memo(function LineText({ text, terms }: LineTextProps) {
  return segmentsOf(text, terms).map((segment, i) => {
    if (segment.styles.length === 0) return segment.marked ? <mark key={i}>{segment.text}</mark> : segment.text;
    const className = segment.styles.map((name) => css[name] ?? '').join(' ');
    return (
      <span key={i} className={className}>
        {segment.marked ? <mark>{segment.text}</mark> : segment.text}
      </span>
    );
  });
});
