// A native histogram in a row: how many, how much in sum, and its buckets as bars.

import type { Bucket, HistogramValue } from '../../data/query-result.ts';
import { quantityText } from '../../data/units.ts';
import type { Quantity } from '../../data/units.ts';
import { boundsText } from './result-rows.ts';
import css from './results.module.css';

const HEIGHT = 32;
const WIDTH_MAX = 240;
const BAR_MAX = 10;

/** Bars of equal width, for buckets grow by a factor; each says its bounds and its count. */
function Bars({ buckets, quantity }: { readonly buckets: readonly Bucket[]; readonly quantity: Quantity }) {
  const bar = Math.min(BAR_MAX, WIDTH_MAX / buckets.length);
  const most = Math.max(...buckets.map(({ count }) => Math.abs(count)), Number.MIN_VALUE);
  const width = bar * buckets.length;
  return (
    <svg className={css.bars} width={width} height={HEIGHT} viewBox={`0 0 ${width} ${HEIGHT}`} aria-hidden>
      {buckets.map((bucket, i) => {
        const high = Math.max(1, (Math.abs(bucket.count) / most) * HEIGHT);
        return (
          <g key={boundsText(bucket)}>
            <title>{`${boundsText(bucket)}: ${quantityText(bucket.count, { unit: 'none', perSecond: quantity.perSecond })}`}</title>
            <rect x={i * bar} y={0} width={bar} height={HEIGHT} className={css.barGround} />
            <rect x={i * bar} y={HEIGHT - high} width={Math.max(0.5, bar - 1)} height={high} />
          </g>
        );
      })}
    </svg>
  );
}

export function HistogramBars({ histogram, quantity }: { readonly histogram: HistogramValue; readonly quantity: Quantity }) {
  const { count, sum, buckets } = histogram;
  const counted: Quantity = { unit: 'none', perSecond: quantity.perSecond };
  const first = buckets[0];
  const last = buckets.at(-1);
  const bounds: Quantity = { ...quantity, perSecond: false };
  return (
    <span className={css.histogram}>
      <span>
        count {quantityText(count, counted)}
        <br />
        sum {quantityText(sum, quantity)}
      </span>
      {buckets.length > 0 && <Bars buckets={buckets} quantity={quantity} />}
      {first && last && (
        <span className={css.bounds}>
          {buckets.length} buckets
          <br />
          {quantityText(first.lower, bounds)} … {quantityText(last.upper, bounds)}
        </span>
      )}
    </span>
  );
}
