// One line, whole, beside the list: its text or its tree, its fields, the traces that it names, and the lines around it.

import { Menu } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { levelColour, levelOf } from '../../data/levels.ts';
import { useLive } from '../../data/Live.tsx';
import { linksOfLine, streamQuery, traceIdsOf } from '../../data/links.ts';
import { fieldsOf } from '../../data/log-lines.ts';
import type { Field, LogEntry } from '../../data/log-lines.ts';
import { addFieldFilter } from '../../data/logql-text.ts';
import type { Term } from '../../data/logql-text.ts';
import { zoneName } from '../../data/time-text.ts';
import { CopyButton } from '../../kit/CopyButton.tsx';
import { Button, IconButton, Segments } from '../../kit/Controls.tsx';
import { Leads } from '../../kit/Leads.tsx';
import { SidePanel } from '../../kit/SidePanel.tsx';
import { DetailFields } from './DetailFields.tsx';
import { download, linesAsJson, linesAsText } from './download.ts';
import { jsonOf } from './json-tree.ts';
import { JsonTree } from './JsonTree.tsx';
import { LineContext } from './LineContext.tsx';
import { LineText } from './LineText.tsx';
import { plainText } from './line-segments.ts';
import { exactTimeText } from './line-rows.ts';
import { TraceLink } from './TraceLink.tsx';
import css from './detail.module.css';

interface DetailProps {
  readonly entry: LogEntry;
  readonly query: string;
  readonly terms: readonly Term[];
  readonly columns: readonly string[];
  readonly onRun: (query: string) => void;
  readonly onColumn: (name: string) => void;
  readonly onOnlyColumn: (name: string) => void;
  readonly onOpen: (entry: LogEntry) => void;
  readonly onClose: () => void;
}

export function Detail(props: DetailProps) {
  const { entry, query, onRun, onClose } = props;
  const { zone, nowMs } = useLive();
  const fields = useMemo(() => fieldsOf(entry), [entry]);
  const traces = useMemo(() => traceIdsOf(entry), [entry]);
  const links = useMemo(() => linksOfLine(entry, nowMs), [entry, nowMs]);
  const level = levelOf(entry);
  const filter = ({ name, value, category }: Field, keep: boolean): void => onRun(addFieldFilter(query, { name, value, category, keep }));
  return (
    <SidePanel
      label="Line"
      onClose={onClose}
      head={
        <>
          <i style={{ background: levelColour(level) }} aria-hidden />
          <div className={css.when}>
            <time>{exactTimeText(entry, zone)}</time> <span>{zoneName(zone)}</span>
          </div>
          <b style={{ color: levelColour(level) }}>{level === 'unknown' ? '' : level}</b>
        </>
      }
      onKeyDown={(event) => {
        // A menu that is open above it closes first.
        if (event.key === 'Escape' && event.target instanceof Node && event.currentTarget.contains(event.target)) onClose();
      }}
    >
      <Whole key={entry.line} {...props} />
      {traces.length > 0 && (
        <section>
          <h3>{traces.length === 1 ? 'Trace' : 'Traces'}</h3>
          {traces.map((id) => (
            <div key={id}>
              <TraceLink id={id} />
            </div>
          ))}
        </section>
      )}
      <Leads title="From here" links={links} />
      <DetailFields fields={fields} columns={props.columns} onFilter={filter} onColumn={props.onColumn} onOnlyColumn={props.onOnlyColumn} />
      <section>
        <h3>
          Around it <span>in the same stream</span>
        </h3>
        <LineContext key={`${entry.ns} ${entry.line}`} entry={entry} onOpen={props.onOpen} />
        <p>
          <Button onClick={() => onRun(streamQuery(entry.stream))}>Query the stream</Button>
        </p>
      </section>
    </SidePanel>
  );
}

/** The whole text, or the tree of what is JSON. */
function Whole({ entry, query, terms, onRun }: DetailProps) {
  const plain = useMemo(() => plainText(entry.line), [entry.line]);
  const json = useMemo(() => jsonOf(plain), [plain]);
  const [form, setForm] = useState<'tree' | 'text'>('tree');
  const asTree = json !== undefined && form === 'tree';
  return (
    <section>
      <div className={css.tools}>
        {json !== undefined && (
          <Segments
            label="Form of the line"
            value={form}
            choices={[
              ['tree', 'JSON'],
              ['text', 'Text'],
            ]}
            onChoose={setForm}
          />
        )}
        <CopyButton text={plain} title="Copy line" />
        <Menu position="bottom-start">
          <Menu.Target>
            <IconButton label="Download this line">
              <IconDownload size={16} aria-hidden />
            </IconButton>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => download('line.txt', 'text/plain', linesAsText([entry]))}>As text</Menu.Item>
            <Menu.Item onClick={() => download('line.json', 'application/json', linesAsJson([entry]))}>With its fields as JSON</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </div>
      {asTree ? (
        <JsonTree
          value={json}
          onFilter={(name, value, keep) => onRun(addFieldFilter(query, { name, value, category: 'parsed', keep, parser: 'json' }))}
        />
      ) : (
        <pre className={css.whole} tabIndex={0}>
          <LineText text={entry.line} terms={terms} />
        </pre>
      )}
    </section>
  );
}
