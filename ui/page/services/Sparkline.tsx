// A small picture of a figure over the range. It says nothing that the number beside it does not, so it is not read aloud.

import { sparkPath, sparkTop } from './spark-path.ts';
import css from './services.module.css';

const WIDTH = 72;
const HEIGHT = 18;

interface SparklineProps {
  readonly values: readonly (number | null)[];
  readonly tone: 'rate' | 'bad' | 'plain';
  /** Drawn at the upper edge; the largest value where none is given. */
  readonly top?: number;
}

export function Sparkline({ values, tone, top = sparkTop(values) }: SparklineProps) {
  return (
    <svg className={css.spark} data-tone={tone} width={WIDTH} height={HEIGHT} viewBox={`0 -1 ${WIDTH} ${HEIGHT + 2}`} aria-hidden>
      <path d={sparkPath(values, WIDTH, HEIGHT, top)} />
    </svg>
  );
}
