// The critical path as a list: which services and names the trace's duration is made of.

import { useMemo } from 'react';
import { countText } from '../../data/units.ts';
import { serviceColour } from '../../kit/colour.ts';
import { lengthText, shareText } from './bar-layout.ts';
import { criticalShares } from './critical-path.ts';
import { SidePanel } from '../../kit/SidePanel.tsx';
import { serviceText } from './trace.ts';
import type { TraceView } from './trace-view.ts';
import css from './panel.module.css';

interface CriticalPanelProps {
  readonly view: TraceView;
  readonly onOpen: (at: number) => void;
  readonly onClose: () => void;
}

const ROWS_MAX = 200;

export function CriticalPanel({ view: { tree, path }, onOpen, onClose }: CriticalPanelProps) {
  const shares = useMemo(() => criticalShares(tree, path), [tree, path]);
  const shown = shares.slice(0, ROWS_MAX);
  return (
    <SidePanel label="Critical path" head={<h2>Critical path</h2>} onClose={onClose}>
      <p>
        What the {lengthText(path.length)} of the root are made of. A span that is not listed can be made faster without the trace becoming
        shorter.
      </p>
      <table className={css.shares}>
        <thead>
          <tr>
            <th scope="col">Service and name</th>
            <th scope="col">Spans</th>
            <th scope="col">Time</th>
            <th scope="col">Share</th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ service, name, count, length, largest }) => (
            <tr key={`${service}\0${name}`}>
              <td>
                <button type="button" onClick={() => onOpen(largest)} title="To the one with the largest share">
                  <i style={{ background: serviceColour(service) }} aria-hidden />
                  <span>
                    <b>{serviceText(service)}</b> {name}
                  </span>
                </button>
                <meter min={0} max={path.length} value={length} aria-hidden />
              </td>
              <td>{countText(count)}</td>
              <td title={`${length} ns`}>{lengthText(length)}</td>
              <td>{shareText(length, path.length)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {shares.length > shown.length && (
        <p>
          The {countText(ROWS_MAX)} largest of {countText(shares.length)} are listed.
        </p>
      )}
    </SidePanel>
  );
}
