// The logs page without a query: which services send lines, how many and how grave, and the labels to choose streams by.

import { levelColour } from '../../data/levels.ts';
import { useLive } from '../../data/Live.tsx';
import { logInstant, streamLabels, volumes } from '../../data/log-questions.ts';
import { addStreamMatcher } from '../../data/logql-text.ts';
import { alignSpan } from '../../data/time-range.ts';
import { lengthText } from '../../data/time-text.ts';
import { countText, quantityText } from '../../data/units.ts';
import { useAnswer } from '../../data/use-answer.ts';
import { Failed, Notices, Skeleton } from '../../kit/States.tsx';
import { FirstLogs } from './FirstLogs.tsx';
import { LabelBrowser } from './LabelBrowser.tsx';
import { levelsByService, serviceRows } from './service-rows.ts';
import type { LevelShare, ServiceRow } from './service-rows.ts';
import css from './start.module.css';

const SERVICE = 'service_name';
const SERVICES_MAX = 200;

interface StartProps {
  readonly onRun: (query: string) => void;
}

export function Start({ onRun: run }: StartProps) {
  // What was clicked goes away with this page: the keyboard stays in the content.
  const onRun = (query: string): void => {
    document.getElementById('content')?.focus();
    run(query);
  };
  const { span } = useLive();
  const volume = useAnswer(volumes('{}', SERVICE, span, SERVICES_MAX));
  const names = useAnswer(streamLabels('{}', alignSpan(span, 60_000)), 'minute');
  const rows = serviceRows(volume.data?.value.value, SERVICE);
  const length = lengthText(span.endMs - span.startMs).replaceAll(' ', '');
  const counted = useAnswer(
    rows.length === 0
      ? undefined
      : logInstant(`sum by (${SERVICE}, detected_level) (count_over_time({${SERVICE}=~".+"} [${length}]))`, span.endMs),
  );
  const levels = levelsByService(counted.data?.value.value, SERVICE);
  const error = volume.error ?? names.error;
  if (error)
    return (
      <Failed title="The streams cannot be listed" error={error} onRetry={() => void Promise.all([volume.refetch(), names.refetch()])} />
    );
  if (volume.data === undefined || names.data === undefined) return <Skeleton rows={16} />;
  if (names.data.value.length === 0 && rows.length === 0) return <FirstLogs />;
  return (
    <>
      <Notices texts={[...volume.data.warnings, ...(counted.error ? [`Lines by level are missing: ${counted.error.message}`] : [])]} />
      <div className={css.start} data-dim={volume.isPlaceholderData}>
        <section className={css.services}>
          <h2>Services by volume</h2>
          {rows.length === 0 ? (
            <p className={css.none}>The streams of this time range have no label {SERVICE}. Choose by the labels that they have.</p>
          ) : (
            <Services
              rows={rows}
              levels={levels}
              onChoose={(name) => onRun(addStreamMatcher('', { name: SERVICE, op: '=', value: name }))}
            />
          )}
          {rows.length === SERVICES_MAX && (
            <p className={css.none}>The {SERVICES_MAX} largest are listed; the labels lead to the others.</p>
          )}
        </section>
        <section className={css.labels}>
          <h2>Labels</h2>
          <LabelBrowser query="" onRun={onRun} />
        </section>
      </div>
    </>
  );
}

interface ServicesProps {
  readonly rows: readonly ServiceRow[];
  readonly levels: ReadonlyMap<string, readonly LevelShare[]>;
  readonly onChoose: (name: string) => void;
}

function Services({ rows, levels, onChoose }: ServicesProps) {
  return (
    <table className={css.table}>
      <thead>
        <tr>
          <th scope="col">Service</th>
          <th scope="col">Lines by level</th>
          <th scope="col">Errors</th>
          <th scope="col">Lines</th>
          <th scope="col">Volume</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Service key={row.name} row={row} levels={levels.get(row.name)} onChoose={onChoose} />
        ))}
      </tbody>
    </table>
  );
}

const GRAVE = new Set(['fatal', 'critical', 'error']);

interface ServiceProps {
  readonly row: ServiceRow;
  readonly levels: readonly LevelShare[] | undefined;
  readonly onChoose: (name: string) => void;
}

function Service({ row, levels, onChoose }: ServiceProps) {
  const lines = levels?.reduce((sum, each) => sum + each.lines, 0);
  const grave = levels?.reduce((sum, each) => (GRAVE.has(each.level) ? sum + each.lines : sum), 0);
  const title = levels?.map((each) => `${each.level} ${countText(each.lines)}`).join(', ');
  return (
    <tr onClick={() => onChoose(row.name)}>
      <th scope="row">
        <button type="button">{row.name}</button>
      </th>
      <td title={title}>
        <div className={css.bar} style={{ width: `${Math.max(1, row.share * 100)}%` }}>
          {(levels ?? []).map((each) => (
            <i key={each.level} style={{ flexGrow: each.lines, background: levelColour(each.level) }} />
          ))}
        </div>
      </td>
      <td data-grave={(grave ?? 0) > 0}>{grave === undefined ? '' : countText(grave)}</td>
      <td>{lines === undefined ? '' : countText(lines)}</td>
      <td>{quantityText(row.bytes, { unit: 'bytes', perSecond: false })}</td>
    </tr>
  );
}
