// The services of a trace: how much each did, and a switch that folds all of one.

import { countText } from '../../data/units.ts';
import { serviceColour } from '../../kit/colour.ts';
import { Button } from '../../kit/Controls.tsx';
import { lengthText } from './bar-layout.ts';
import { SidePanel } from '../../kit/SidePanel.tsx';
import { serviceText } from './trace.ts';
import type { TraceView } from './trace-view.ts';
import { foldable } from './visible-rows.ts';
import type { Folded } from './visible-rows.ts';
import css from './panel.module.css';

interface ServicePanelProps {
  readonly view: TraceView;
  readonly folded: Folded;
  readonly onFold: (service: string) => void;
  readonly onClose: () => void;
}

export function ServicePanel({ view: { tree, services }, folded, onFold, onClose }: ServicePanelProps) {
  return (
    <SidePanel label="Services" head={<h2>Services</h2>} onClose={onClose}>
      <p>Own time is that in which a span works while none of its children runs, added up over all spans of the service.</p>
      <table className={css.shares}>
        <thead>
          <tr>
            <th scope="col">Service</th>
            <th scope="col">Spans</th>
            <th scope="col">Errors</th>
            <th scope="col">Own time</th>
            <th scope="col" aria-label="Folding" />
          </tr>
        </thead>
        <tbody>
          {services.map(({ service, spans, errors, own }) => {
            const places = foldable(tree, service);
            const isFolded = places.length > 0 && places.every((at) => folded.has(at));
            return (
              <tr key={service}>
                <td>
                  <i style={{ background: serviceColour(service) }} aria-hidden />
                  <b>{serviceText(service)}</b>
                </td>
                <td>{countText(spans)}</td>
                <td data-bad={errors > 0}>{countText(errors)}</td>
                <td>{lengthText(own)}</td>
                <td>
                  <Button
                    disabled={places.length === 0}
                    aria-pressed={isFolded}
                    aria-label={`${isFolded ? 'Unfold' : 'Fold'} ${serviceText(service)}`}
                    onClick={() => onFold(service)}
                  >
                    {isFolded ? 'Unfold' : 'Fold'}
                  </Button>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </SidePanel>
  );
}
