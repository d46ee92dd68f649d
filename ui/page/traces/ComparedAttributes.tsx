// The attributes that tell a selection from the rest, as paired bars: of each value the part of the selected spans that has it, and of the others.

import { useState } from 'react';
import { narrowed } from '../../data/traceql-text.ts';
import { countText } from '../../data/units.ts';
import { Button } from '../../kit/Controls.tsx';
import type { ComparedAttribute, ComparedValue, Comparison } from './comparison.ts';
import css from './compare.module.css';

interface ComparedAttributesProps {
  readonly comparison: Comparison;
  readonly query: string;
  readonly onRun: (query: string) => void;
}

/** Attributes that are shown at first; those further down differ less and less. */
const SHOWN_FIRST = 12;
const VALUES_SHOWN = 6;

const percent = (share: number): string => (share > 0 && share < 0.001 ? '< 0.1 %' : `${Number((share * 100).toPrecision(3))} %`);

export function ComparedAttributes({ comparison, query, onRun }: ComparedAttributesProps) {
  const [all, setAll] = useState(false);
  const { attributes, selectedSpans, otherSpans } = comparison;
  if (selectedSpans === 0) return <p className={css.hint}>No span is selected: choose another condition or region.</p>;
  const shown = all ? attributes : attributes.slice(0, SHOWN_FIRST);
  return (
    <>
      <p className={css.key}>
        <span>
          <i data-side="selected" /> {countText(selectedSpans)} selected {selectedSpans === 1 ? 'span' : 'spans'}
        </span>
        <span>
          <i data-side="others" /> {countText(otherSpans)} others
        </span>
        <span className={css.note}>Most telling first. A click on a value narrows the query to it.</span>
      </p>
      <div className={css.attributes}>
        {shown.map((attribute) => (
          <Attribute key={attribute.name} attribute={attribute} onPick={(condition) => onRun(narrowed(query, condition))} />
        ))}
      </div>
      {attributes.length > SHOWN_FIRST && (
        <Button className={css.all ?? ''} onClick={() => setAll(!all)}>
          {all ? 'Fewer attributes' : `All ${attributes.length} attributes`}
        </Button>
      )}
    </>
  );
}

function Attribute({ attribute, onPick }: { readonly attribute: ComparedAttribute; readonly onPick: (condition: string) => void }) {
  const { name, values, hasMore } = attribute;
  const shown = values.slice(0, VALUES_SHOWN);
  return (
    <table className={css.attribute}>
      <caption>
        <code title={name}>{name}</code>
        <span title="The greatest difference between the two parts">{percent(attribute.difference)} apart</span>
      </caption>
      <thead>
        <tr>
          <th scope="col">Value</th>
          <th scope="col">Selected and others</th>
          <th scope="col">Part of selected</th>
          <th scope="col">Part of others</th>
        </tr>
      </thead>
      <tbody>
        {shown.map((value) => (
          <Value key={value.condition} value={value} onPick={onPick} />
        ))}
      </tbody>
      {(hasMore || values.length > shown.length) && (
        <tfoot>
          <tr>
            <td colSpan={4}>
              {hasMore ? 'There are more values: these are frequent ones.' : `and ${values.length - shown.length} more values`}
            </td>
          </tr>
        </tfoot>
      )}
    </table>
  );
}

function Value({ value, onPick }: { readonly value: ComparedValue; readonly onPick: (condition: string) => void }) {
  return (
    <tr>
      <th scope="row">
        <button type="button" title={`Only { ${value.condition} }`} onClick={() => onPick(value.condition)}>
          {value.value === '' ? 'empty' : value.value}
        </button>
      </th>
      <td aria-hidden>
        <span className={css.pair}>
          <i data-side="selected" style={{ width: `${value.selected * 100}%` }} />
          <i data-side="others" style={{ width: `${value.others * 100}%` }} />
        </span>
      </td>
      <Part share={value.selected} count={value.selectedCount} isBound={value.bounded === 'selection'} />
      <Part share={value.others} count={value.othersCount} isBound={value.bounded === 'baseline'} />
    </tr>
  );
}

function Part({ share, count, isBound }: { readonly share: number; readonly count: number; readonly isBound: boolean }) {
  return (
    <td title={isBound ? `at most ${count} spans: not one of the most frequent values` : `${count} spans`}>
      {isBound && share >= 0.001 ? '≤ ' : ''}
      {percent(share)}
    </td>
  );
}
